package mailer

import (
	"fmt"
	"testing"
	"time"

	"postrider/newsletter"
)

func jobTo(n int, domain string) job {
	return job{Delivery: Delivery{Key: Key{Issue: 1, Recipient: int64(n)},
		To: newsletter.Address(fmt.Sprintf("r%d@%s", n, domain))}}
}

func newLanes(limits DomainLimits) *lanes {
	return &lanes{limits: limits, byName: make(map[string]*lane)}
}

func TestLaneWidth(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLanes(DomainLimits{Connections: 2})
	for i, want := range []admission{admitted, admitted, parked, parked} {
		if got, _ := l.enter(jobTo(i, "a.example"), now); got != want {
			t.Errorf("job %d: %d, want %d", i, got, want)
		}
	}
	if got, _ := l.enter(jobTo(9, "B.example"), now); got != admitted || l.parked != 2 {
		t.Errorf("another domain: %d, %d wait", got, l.parked)
	}
	again := l.leave(jobTo(0, "A.EXAMPLE"), nil, now)
	if len(again) != 1 || again[0].Key.Recipient != 2 || l.parked != 1 {
		t.Errorf("after one has left %+v may go on, %d wait", again, l.parked)
	}
	l.shareAmong(share{workers: 2})
	if again := l.leave(jobTo(1, "a.example"), nil, now); len(again) != 1 {
		t.Errorf("with half the width %d may go on", len(again))
	}
}

func TestLaneRate(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLanes(DomainLimits{Rate: Rate{2, time.Minute}})
	var dues []time.Duration
	for i := range 5 {
		verdict, until := l.enter(jobTo(i, "a.example"), now)
		if (verdict == admitted) != (i < 2) {
			t.Errorf("job %d: %d", i, verdict)
		}
		if verdict == paced {
			dues = append(dues, until.Sub(now))
		}
	}
	if fmt.Sprint(dues) != "[1m0s 1m30s 2m0s]" {
		t.Errorf("they may come again after %v", dues)
	}
	if verdict, _ := l.enter(jobTo(2, "a.example"), now.Add(time.Minute)); verdict != paced {
		t.Error("one goes out while those before it are on their way")
	}
	for i := range 2 {
		l.leave(jobTo(i, "a.example"), nil, now.Add(time.Second))
	}
	if verdict, until := l.enter(jobTo(2, "a.example"), now.Add(time.Minute)); verdict != paced {
		t.Errorf("one goes out within a minute after two were taken, %v", until)
	}
	if verdict, _ := l.enter(jobTo(2, "a.example"), now.Add(61*time.Second)); verdict != admitted {
		t.Error("one that comes again at its time is put off again")
	}
}

// What a lane granted and nobody used is there for the next.
func TestLaneTakesBackItsGrant(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLanes(DomainLimits{Rate: Rate{1, time.Minute}})
	for range 3 {
		if verdict, _ := l.enter(jobTo(1, "a.example"), now); verdict != admitted {
			t.Fatal("a message waits for one that was not sent")
		}
		l.withdraw(jobTo(1, "a.example"), now.Add(time.Second))
	}
	if len(l.byName) != 0 {
		t.Error("a domain that got nothing is remembered")
	}
}

// A domain that gets too much is left alone, longer each time; then it gets one
// message at a time until it has taken as many as it had refused.
func TestLaneLearns(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLanes(DomainLimits{Connections: 5})
	for i := range 7 {
		l.enter(jobTo(i, "a.example"), now)
	}
	busy := refusal(atRcpt, 451, "4.7.1 slow down")
	if again := l.leave(jobTo(0, "a.example"), busy, now); len(again) != 2 {
		t.Errorf("%d of 2 that waited are let go, to be postponed", len(again))
	}
	for i := 1; i < 5; i++ {
		l.leave(jobTo(i, "a.example"), busy, now) // they were on their way; it counts once
	}
	if verdict, until := l.enter(jobTo(5, "a.example"), now); verdict != postponed || until.Sub(now) != time.Minute {
		t.Errorf("it waits until %v", until.Sub(now))
	}
	now = now.Add(time.Minute)
	l.enter(jobTo(5, "a.example"), now)
	if verdict, _ := l.enter(jobTo(6, "a.example"), now); verdict != parked {
		t.Error("more than one goes to a domain that has had enough")
	}
	l.leave(jobTo(5, "a.example"), refusal(atDot, 421, "4.3.2 enough"), now)
	_, until := l.enter(jobTo(5, "a.example"), now)
	if until.Sub(now) != 2*time.Minute {
		t.Errorf("the second time it waits %v", until.Sub(now))
	}
	now = until
	for i := range 2 {
		if verdict, _ := l.enter(jobTo(i, "a.example"), now); verdict != admitted {
			t.Errorf("after the pause message %d is %d", i, verdict)
		}
		l.leave(jobTo(i, "a.example"), nil, now)
	}
	if len(l.byName) != 0 {
		t.Error("a domain that has been forgiven is still remembered")
	}
}

// Only what is said of a recipient or a message is about its domain.
func TestThrottles(t *testing.T) {
	for _, tt := range []struct {
		at   stage
		code int
		text string
		want bool
	}{
		{atRcpt, 421, "4.3.2 busy", true},
		{atRcpt, 450, "4.7.1 too many", true},
		{atDot, 451, "4.7.28 unusual rate", true},
		{atDot, 451, "4.3.0 later", false},
		{atRcpt, 452, "4.3.1 insufficient system storage", true},
		{atDot, 454, "Throttling failure: Maximum sending rate exceeded.", true},
		{atRcpt, 452, "4.2.2 over quota", false},
		{atRcpt, 550, "too many messages", false},
		{atMail, 421, "4.7.0 too many messages", false},
		{atRcpt, 550, "5.7.1 no", false},
	} {
		if got := throttles(refusal(tt.at, tt.code, tt.text)); got != tt.want {
			t.Errorf("%s %d %s: %v", tt.at, tt.code, tt.text, got)
		}
	}
	if throttles(nil) {
		t.Error("what was sent throttles")
	}
}

// A server that answers MAIL with 4xx wants no mail at all, but for who asks on too many
// connections, or on one that it ends.
func TestStrains(t *testing.T) {
	for _, tt := range []struct {
		at   stage
		code int
		text string
		want bool
	}{
		{atMail, 450, "4.7.1 Error: too much mail", true},
		{atMail, 452, "4.3.1 insufficient system storage", true},
		{atMail, 451, "try later", true},
		{atMail, 421, "4.7.0 too many messages", false},
		{atMail, 450, "4.7.0 too many concurrent connections", false},
		{atMail, 550, "5.7.1 no", false},
		{atRcpt, 450, "4.7.1 too much mail", false},
	} {
		if got := strains(refusal(tt.at, tt.code, tt.text)); got != tt.want {
			t.Errorf("%s %d %s: %v", tt.at, tt.code, tt.text, got)
		}
	}
	if strains(nil) {
		t.Error("what was sent strains")
	}
}

// All mail waits for a relay that has had enough, whichever domain it is for; then one
// message at a time goes out, until it is forgiven.
func TestLaneOfTheRelay(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLanes(DomainLimits{Connections: 1})
	busy := refusal(atMail, 450, "4.7.1 too much mail")
	for _, serr := range []*SendError{busy, refusal(atRcpt, 550, "5.1.1 who"), busy, nil} { // one by mistake, and one more
		if verdict, _ := l.enter(jobTo(0, "a.example"), now); verdict != admitted {
			t.Fatal("it rests for a single refusal")
		}
		l.leave(jobTo(0, "a.example"), serr, now)
	}
	for range 2 {
		l.enter(jobTo(0, "a.example"), now)
		l.leave(jobTo(0, "a.example"), busy, now)
	}
	if verdict, until := l.enter(jobTo(1, "b.example"), now); verdict != postponed || until.Sub(now) != time.Minute {
		t.Errorf("the next is %d and waits for %v", verdict, until.Sub(now))
	}
	if may, few := l.mayClaim(now, 10); may || !few {
		t.Errorf("meanwhile it may claim: %t, few: %t", may, few)
	}
	now = now.Add(time.Minute)
	if may, few := l.mayClaim(now, 10); !may || !few {
		t.Errorf("after that it may claim: %t, few: %t", may, few)
	}
	for i, want := range []admission{admitted, parked, parked} {
		if got, _ := l.enter(jobTo(i, fmt.Sprintf("d%d.example", i)), now); got != want {
			t.Errorf("job %d: %d, want %d", i, got, want)
		}
	}
	if may, _ := l.mayClaim(now, 2); may {
		t.Error("it claims while enough waits")
	}
	again := l.leave(jobTo(0, "d0.example"), refusal(atRcpt, 450, "4.2.2 over quota"), now) // MAIL it took
	for _, j := range again {
		if got, _ := l.enter(j, now); got != admitted {
			t.Errorf("once it hears of mail again, job %d: %d", j.Key.Recipient, got)
		}
		l.leave(j, nil, now)
	}
	if len(again) != 2 || l.parked != 0 || l.relay.busy != 0 || len(l.byName) != 0 {
		t.Errorf("%d went on; %d are parked, %d on their way, %d domains remembered", len(again), l.parked, l.relay.busy, len(l.byName))
	}
}

// What a full lane cannot take goes back, and hides nothing that is for others.
func TestLanesSift(t *testing.T) {
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	l := newLanes(DomainLimits{Connections: 2})
	for i := range 3 {
		l.enter(jobTo(i, "a.example"), now)
	}
	const room = 2*(1+parkedPerPlace) - 3
	var claims []Delivery
	for i := range 100 {
		claims = append(claims, jobTo(i, "A.example").Delivery, jobTo(i, fmt.Sprintf("b%d.example", i)).Delivery)
	}
	claims = append(claims, Delivery{To: "notice@a.example"})
	kept, surplus := l.sift(claims, 7, 8)
	if len(kept) != 100+room+1 || len(surplus) != 100-room || kept[0].worker != 7 || surplus[0].To != claims[2*room].To {
		t.Errorf("%d are kept, %d go back; want %d and %d", len(kept), len(surplus), 100+room+1, 100-room)
	}
	if kept, surplus := l.sift(claims, 7, 2); len(kept) != len(claims) || len(surplus) != 0 {
		t.Errorf("with no more connections than a domain may have, %d of %d go back", len(surplus), len(claims))
	}
	l.parked = 8 * maxParked
	if kept, _ := l.sift(claims, 7, 8); len(kept) != 100 {
		t.Errorf("%d are kept, of which 100 need not wait", len(kept))
	}
}
