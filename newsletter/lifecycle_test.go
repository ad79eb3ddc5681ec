package newsletter

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	then = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	now  = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

func TestTransitions(t *testing.T) {
	confirm := func(by Lift) func(Subscriber) (Subscriber, error) {
		return func(s Subscriber) (Subscriber, error) { return s.Confirm(by, now) }
	}
	always := func(step func(Subscriber, time.Time) Subscriber) func(Subscriber) (Subscriber, error) {
		return func(s Subscriber) (Subscriber, error) { return step(s, now), nil }
	}
	const no = State("refused")
	for _, c := range []struct {
		name string
		step func(Subscriber) (Subscriber, error)
		// what becomes of pending, active, unsubscribed, bounced, complained and erased
		want [6]State
	}{
		{"confirm by reader", confirm(OptIn), [6]State{Active, Active, Active, no, no, no}},
		{"confirm by operator", confirm(Operator), [6]State{Active, Active, no, Active, no, no}},
		{"answer the confirmation", func(s Subscriber) (Subscriber, error) { return s.Answer(Choices{Cadence: Daily}, now) },
			[6]State{Active, Active, Active, no, no, no}},
		{"rejoin", func(s Subscriber) (Subscriber, error) { return s.Rejoin(now) },
			[6]State{Pending, Active, Pending, no, no, no}},
		{"leave", always(Subscriber.Leave),
			[6]State{Unsubscribed, Unsubscribed, Unsubscribed, Unsubscribed, Complained, Erased}},
		{"bounce", always(Subscriber.Bounce),
			[6]State{Bounced, Bounced, Unsubscribed, Bounced, Complained, Erased}},
		{"complain", always(Subscriber.Complain),
			[6]State{Complained, Complained, Complained, Complained, Complained, Erased}},
		{"erase", always(Subscriber.Erase),
			[6]State{Erased, Erased, Erased, Erased, Erased, Erased}},
	} {
		for i, from := range States() {
			t.Run(c.name+" of "+string(from), func(t *testing.T) {
				before := Subscriber{ID: 1, Email: "ann@example.org", State: from, Cadence: Weekly, Changed: then}
				after, err := c.step(before)
				checkStep(t, before, after, err, c.want[i], c.want[i] == no)
			})
		}
	}
}

func checkStep(t *testing.T, before, after Subscriber, err error, want State, refused bool) {
	t.Helper()
	if refused {
		var se *StateError
		if !errors.As(err, &se) || se.From != before.State || !strings.HasSuffix(err.Error(), se.Why) || se.Why == "" || !reflect.DeepEqual(after, before) {
			t.Errorf("got %+v, %v; want it refused and nothing changed", after, err)
		}
		return
	}
	if err != nil || after.State != want {
		t.Errorf("became %s, %v; want %s", after.State, err, want)
	}
	if moved := after.State != before.State; moved != after.Changed.Equal(now) {
		t.Errorf("moved %t, but the change is dated %s", moved, after.Changed)
	}
}

func TestEraseLeavesNothingPersonal(t *testing.T) {
	s := Subscriber{ID: 7, Email: "ann@example.org", Name: "Ann", State: Active, Cadence: Daily, Topics: []string{"go"},
		Cursor: 5, Skip: []int64{7}, PausedUntil: now, Created: then, Changed: then}
	want := Subscriber{ID: 7, State: Erased, Cadence: Daily, Cursor: 5, Created: then, Changed: now}
	if got := s.Erase(now); !reflect.DeepEqual(got, want) {
		t.Errorf("erased: %+v", got)
	}
}

func TestPause(t *testing.T) {
	s := Subscriber{State: Active, PausedUntil: now.Add(time.Hour)}
	if s.Mailable(now) || !s.Mailable(now.Add(time.Hour)) {
		t.Error("a pause holds until its end and no longer")
	}
	if left := s.Leave(now); left.Mailable(now.Add(2 * time.Hour)) {
		t.Error("who left is mailed")
	} else if back, err := left.Confirm(OptIn, now); err != nil || !back.Mailable(now) {
		t.Errorf("who came back is still paused: %v", err)
	}
}

func TestMayLift(t *testing.T) {
	for reason, by := range map[State]Lift{Unsubscribed: OptIn, Erased: OptIn, Bounced: Operator, Complained: "", Active: "", Pending: ""} {
		for _, l := range []Lift{OptIn, Operator} {
			if got := MayLift(reason, l); got != (l == by) {
				t.Errorf("MayLift(%s, %s) = %t", reason, l, got)
			}
		}
	}
}

func TestWeightier(t *testing.T) {
	order := []State{Erased, Unsubscribed, Bounced, Complained}
	for i, a := range order {
		for j, b := range order {
			if got := Weightier(a, b); got != order[max(i, j)] {
				t.Errorf("Weightier(%s, %s) = %s", a, b, got)
			}
		}
	}
}

func TestReasons(t *testing.T) {
	for _, r := range Reasons() {
		if r.Describe() == string(r) {
			t.Errorf("reason %s has no words", r)
		}
	}
	a := Audience{Cadence: Weekly}
	for _, c := range []struct {
		s    Subscriber
		want Reason
	}{
		{Subscriber{State: Active, Cadence: Weekly}, ""},
		{Subscriber{State: Active, Cadence: Daily}, OtherCadence},
		{Subscriber{State: Active, Cadence: Weekly, PausedUntil: now.Add(1)}, PausedByReader},
		{Subscriber{State: Bounced, Cadence: Weekly}, Reason(Bounced)},
	} {
		got := a.LeftOut(c.s, now)
		if got != c.want || got != "" && !slices.Contains(Reasons(), got) {
			t.Errorf("%+v is left out by %q, want %q", c.s, got, c.want)
		}
	}
	if got := (Audience{}).LeftOut(Subscriber{State: Active, Cadence: Daily}, now); got != "" {
		t.Errorf("an audience of every cadence leaves out a daily reader: %s", got)
	}
}
