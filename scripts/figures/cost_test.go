package figures

import (
	"os/exec"
	"runtime"
	"testing"
	"time"
)

// The peak is the program's own, however much the bench has in memory.
func TestRun(t *testing.T) {
	large := make([]byte, 200<<20)
	for i := 0; i < len(large); i += 4096 {
		large[i] = 1
	}
	c, err := Run(exec.Command("sleep", "0.2"))
	runtime.KeepAlive(large)
	if err != nil || c.Wall < 200*time.Millisecond || c.CPU > c.Wall {
		t.Errorf("%+v, %v", c, err)
	}
	if limit := 50.0; c.Peak > limit || runtime.GOOS == "linux" && c.Peak == 0 {
		t.Errorf("sleep had %.1f MiB", c.Peak)
	}
	if _, err := Run(exec.Command("false")); err == nil {
		t.Error("a program that fails is no error")
	}
}
