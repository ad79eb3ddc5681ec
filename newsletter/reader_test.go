package newsletter

import (
	"errors"
	"reflect"
	"testing"
	"time"
)

func TestChooseLeavesWhatWasServed(t *testing.T) {
	s := Subscriber{ID: 7, Email: "ann@example.org", State: Active, Cadence: Daily, Cursor: 5, Skip: []int64{7}, Changed: then}
	want := s
	want.Name, want.Cadence, want.Topics = "Ann", Monthly, []string{"go"}
	if got := s.Choose(Choices{"Ann", Monthly, []string{"go"}}); !reflect.DeepEqual(got, want) {
		t.Errorf("chose: %+v", got)
	}
}

func TestPauseForMonths(t *testing.T) {
	end := time.Date(2026, 8, 31, 9, 0, 0, 0, time.UTC)
	paused, err := Subscriber{State: Active}.Pause(6, end)
	if want := time.Date(2027, 2, 28, 9, 0, 0, 0, time.UTC); err != nil || !paused.PausedUntil.Equal(want) {
		t.Errorf("paused until %s, %v; want %s", paused.PausedUntil, err, want)
	}
	if back := paused.Resume(); !back.Mailable(end) {
		t.Error("a pause that was ended still holds")
	}
	for _, months := range []int{-1, 0, LongestPause + 1} {
		if s, err := (Subscriber{State: Active}).Pause(months, end); err == nil || s.Paused(end) {
			t.Errorf("a pause of %d months was taken", months)
		}
	}
	var refused *StateError
	for _, state := range []State{Pending, Unsubscribed, Bounced, Complained, Erased} {
		if s, err := (Subscriber{State: state}).Pause(1, end); !errors.As(err, &refused) || s.Paused(end) {
			t.Errorf("%s was paused: %v", state, err)
		}
	}
}

func TestStamp(t *testing.T) {
	k := testKeyring(t, 'k')
	stamp := k.Stamp(now)
	if at, err := k.ReadStamp(stamp); err != nil || !at.Equal(now) {
		t.Errorf("read %s, %v; want %s", at, err, now)
	}
	if _, err := testKeyring(t, 'x').ReadStamp(stamp); !errors.Is(err, ErrToken) {
		t.Errorf("another installation's stamp: %v", err)
	}
	for i := range len(stamp) {
		forged := []byte(stamp)
		forged[i] ^= 1
		if _, err := k.ReadStamp(string(forged)); !errors.Is(err, ErrToken) {
			t.Errorf("forged at %d: %v", i, err)
		}
		if _, err := k.ReadStamp(stamp[:i]); !errors.Is(err, ErrToken) {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	if _, err := k.ReadStamp(k.Token(Confirm, 7, now)[:len(stamp)]); !errors.Is(err, ErrToken) {
		t.Errorf("a token's beginning passed for a stamp: %v", err)
	}
}
