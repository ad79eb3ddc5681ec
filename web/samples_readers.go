package web

import (
	"time"

	"postrider/newsletter"
)

// readerSamples is [samples] for the pages of readers.
func readerSamples(name string) []any {
	cadences := []ChoiceView{{"daily", "Every day", false}, {"weekly", "Every week", true}}
	topics := TopicsView{[]ChoiceView{{"go", "Go", true}, {"c", "C", false}}, []ChoiceView{{"rust", "Rust", false}}, 3}
	reasons := []ChoiceView{{"other", "Something else", false}}
	at := time.Date(2026, time.May, 4, 9, 0, 0, 0, time.UTC)
	switch name {
	case "subscribe", "embed":
		return []any{
			SignUpView{Action: "/subscribe", Stamp: "stamp", Email: "ada", Name: "Ada", Cadences: cadences, TopicsView: topics,
				Consent: "Yes.", Problem: "email", Words: "No @."},
			SignUpView{Action: "/subscribe", Cadences: cadences[:1], Problem: "cadence"}, SignUpView{Sent: true, Words: "Sent."}, SignUpView{}}
	case "notice":
		return []any{NoticeView{[]string{"A word."}, "/subscribe", "Subscribe"}, NoticeView{}}
	case "confirm", "confirmed":
		return []any{ConfirmView{"ada@example.org", "Ada", "Every week", []string{"Go", "C"}, "Yes."}, ConfirmView{}}
	case "unsubscribe", "left":
		return []any{LeaveView{Address: "ada@example.org", Reasons: reasons, Pause: true, Again: "/subscribe"},
			LeaveView{Told: true}, LeaveView{Paused: at}, LeaveView{}}
	case "erase":
		return []any{EraseView{"ada@example.org", "/preferences/token"}, EraseView{}}
	case "preferences":
		var list []any
		for _, state := range newsletter.States() {
			if state != newsletter.Erased {
				list = append(list, PreferencesView{State: string(state), Address: "ada@example.org"})
			}
		}
		full := PreferencesView{State: "active", Address: "ada@example.org", Since: at, Name: "Ada", Cadences: cadences, TopicsView: topics,
			Pauses: []PauseView{{1, at}}, Leave: "/unsubscribe/token", Data: "/preferences/token/data.json", Erase: "/preferences/token/erase",
			Again: "/subscribe", Problem: "name", Words: "Too long.", Mails: []ReceivedView{{at, "News", "/issues/one", true}, {at, "More", "/issues/two", false}}}
		for _, action := range []newsletter.ConsentAction{newsletter.Asked, newsletter.Confirmed, newsletter.Withdrew} {
			full.Consents = append(full.Consents, ConsentView{At: at, Action: string(action), Text: "Yes."})
		}
		full.Consents = append(full.Consents, ConsentView{At: at, Action: string(newsletter.Withdrew), How: "with a button"})
		paused := full
		paused.Paused, paused.Problem = at, ""
		return append(list, full, paused)
	}
	return nil
}
