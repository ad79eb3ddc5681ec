package config

import (
	"testing"
	"time"
)

func TestDurationsArePrintedAsTheyAreWritten(t *testing.T) {
	for _, text := range []string{"0s", "5s", "1m30s", "30m", "1h30m", "1h0m5s", "12h", "24h", "36h", "2d", "7d", "49h", "250ms"} {
		var d Duration
		if err := d.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got, err := d.MarshalText(); err != nil || string(got) != text {
			t.Errorf("%s is printed as %s, %v", text, got, err)
		}
	}
	if got, err := Duration(168 * time.Hour).MarshalText(); err != nil || string(got) != "7d" {
		t.Errorf("168h is printed as %s, %v", got, err)
	}
}
