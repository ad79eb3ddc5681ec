package mailer

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestDeadlineStaysWhileItIsFarOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at time.Time
		sets := 0
		d := deadline{set: func(to time.Time) error { at = to; sets++; return nil }}
		for range 1000 {
			if err := d.extend(16 * time.Second); err != nil {
				t.Fatal(err)
			}
			if left := time.Until(at); left <= 15*time.Second || left > 16*time.Second {
				t.Fatalf("the server has %s of 16 s", left)
			}
			time.Sleep(10 * time.Millisecond)
		}
		if sets != 10 {
			t.Errorf("set %d times in 10 s, want once a second", sets)
		}
		if _ = d.extend(time.Second); time.Until(at) != time.Second {
			t.Errorf("a shorter one is %s off, want 1 s", time.Until(at))
		}
		if _ = d.extend(16 * time.Second); time.Until(at) != 16*time.Second {
			t.Errorf("a longer one is %s off, want 16 s", time.Until(at))
		}
	})
}
