package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"postrider/store"
)

// healthz says that this process lives. It asks nobody else, so that a database
// that is held up makes no one kill the process that waits for it.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = io.WriteString(w, "ok\n") // as in show
	return nil
}

// readiness is the answer of /readyz. All but Ready is for those who may watch.
type readiness struct {
	Ready    bool           `json:"ready"`
	Problems []string       `json:"problems"` // also such as this process can be ready with
	Sending  string         `json:"sending"`  // allowed, or locked: a copied database serves and sends nothing
	Schema   int            `json:"schema"`
	Change   int64          `json:"change"`
	Outbox   waiting        `json:"outbox"`
	Duties   []dutyStanding `json:"duties"`
}

// waiting is the mail that no living process has taken though it is due.
type waiting struct {
	OldestDue  *time.Time `json:"oldest_due"`
	AgeSeconds int64      `json:"age_seconds"`
	Workers    int        `json:"workers"` // processes that work the outbox, this one or others
}

type dutyStanding struct {
	Name string     `json:"name"`
	Beat *time.Time `json:"beat"` // when it was last seen
	Done *time.Time `json:"done"` // when it last went well
}

const standingTime = 2 * time.Second // for the database to answer

// readyz says whether this process can do what it is there for: 503 if the
// database does not answer or a duty that runs here has failed for long. A
// relay that is away is told, and so is what other processes leave undone, but the
// site goes on without them.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	ready := s.readiness(r.Context())
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !ready.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	var view any = ready
	if !s.mayWatch(r) {
		view = map[string]bool{"ready": ready.Ready}
	}
	_ = enc.Encode(view) // as in show
	return nil
}

func (s *Server) readiness(ctx context.Context) readiness {
	now := s.Now()
	ready := readiness{Ready: true, Problems: []string{}, Duties: []dutyStanding{}, Sending: "allowed"}
	for _, d := range s.Duties {
		state := d.State()
		ready.Duties = append(ready.Duties, dutyStanding{d.Name, moment(state.Beat), moment(state.Done)})
		if words := d.trouble(now, s.begun); words != "" {
			ready.Ready = false
			ready.Problems = append(ready.Problems, d.Name+": "+words)
		} else if state.Err != nil {
			ready.Problems = append(ready.Problems, d.Name+": "+state.Err.Error())
		}
	}
	standing, err := s.standing(ctx, now)
	if err != nil {
		ready.Ready, ready.Sending = false, "unknown"
		ready.Problems = append(ready.Problems, "the database does not answer: "+err.Error())
		return ready
	}
	ready.Schema, ready.Change = standing.Schema, standing.Change
	if standing.Lock.Locked() {
		ready.Sending = "locked"
		ready.Problems = append(ready.Problems, standing.Lock.Refusal().Error())
	}
	if standing.Unnoted != nil {
		ready.Problems = append(ready.Problems, standing.Unnoted.Error())
	}
	for _, is := range standing.Paused {
		ready.Problems = append(ready.Problems, fmt.Sprintf("issue %s is paused: %s", is.ID, is.Note))
	}
	age, _ := standing.Overdue(now)
	ready.Outbox = waiting{moment(standing.OldestDue), int64(age.Seconds()), standing.Workers}
	ready.Problems = append(ready.Problems, s.undone(standing, now)...)
	return ready
}

// standing asks the database, but not for long: SQLite does not see that a
// context has ended while it waits for a lock.
func (s *Server) standing(ctx context.Context, now time.Time) (store.Standing, error) {
	type answer struct {
		store.Standing
		err error
	}
	ctx, cancel := context.WithTimeout(ctx, standingTime)
	defer cancel()
	got := make(chan answer, 1)
	go func() {
		st, err := s.Store.Standing(ctx, now)
		got <- answer{st, err}
	}()
	select {
	case a := <-got:
		return a.Standing, a.err
	case <-ctx.Done():
		return store.Standing{}, ctx.Err()
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
