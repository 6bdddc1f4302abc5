package secret_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/secret"
)

func TestHush(t *testing.T) {
	inner := fault.Because("reason", fault.Usagef("the server says Bearer hf_x and pw"))
	err := secret.Hush(fmt.Errorf("hub: %w", inner), "", "hf_x", "pw", "absent")
	if err.Error() != "hub: the server says Bearer … and …" {
		t.Errorf("text %q", err)
	}
	if fault.ClassOf(err) != fault.Usage || fault.ReasonOf(err) != "reason" || !errors.Is(err, inner) {
		t.Errorf("class %d, reason %q", fault.ClassOf(err), fault.ReasonOf(err))
	}
	if same := secret.Hush(inner, "absent", ""); same.Error() != inner.Error() {
		t.Errorf("an error without the secret becomes %v", same)
	}
	if secret.Hush(nil, "x") != nil {
		t.Error("no error becomes one")
	}
}

// limits has the test binary print the limits of its process after NoCore.
const limits = "TEST_SECRET_LIMITS"

func TestNoCore(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no /proc to see limits in")
	}
	if os.Getenv(limits) != "" {
		secret.NoCore()
		b, err := os.ReadFile("/proc/self/limits")
		fmt.Println(string(b), err)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, "-test.run=TestNoCore")
	c.Env = append(os.Environ(), limits+"=1")
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if rest, ok := strings.CutPrefix(line, "Max core file size"); ok {
			if f := strings.Fields(rest); f[0] != "0" {
				t.Errorf("limit %q", line)
			}
			return
		}
	}
	t.Errorf("no limit of core files in %s", out)
}
