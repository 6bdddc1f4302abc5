package parquet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/fault"
)

// TestBoundedMemory: a process under the limit ends where it asks for too much.
func TestBoundedMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("no limit on " + runtime.GOOS)
	}
	program, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	for size, want := range map[int]bool{1 << 20: true, 1 << 30: false} {
		out, err := exec.Command(program, eat, strconv.Itoa(size)).CombinedOutput()
		if (err == nil) != want || !want && !strings.Contains(string(out), "out of memory") {
			t.Errorf("%d bytes: %v, %.200s", size, err, out)
		}
	}
}

// eat has the test binary allocate as many bytes as its second argument says, under a
// limit of 128 MiB.
const eat = "eat"

func allocate(text string) {
	size, err := strconv.Atoi(text)
	if err == nil {
		err = limitMemory(128 << 20)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(2)
	}
	eaten := make([]byte, size)
	for i := range eaten {
		eaten[i] = 1
	}
	os.Exit(0)
}

func TestReason(t *testing.T) {
	s := &start{}
	for range 10 {
		if _, err := s.Write(append([]byte("runtime: out of memory: cannot allocate\n"), make([]byte, mostMessage)...)); err != nil {
			t.Fatal(err)
		}
	}
	if got := s.reason(); got != "it asks for more than 1024 MiB of memory" || s.b.Len() != mostMessage {
		t.Errorf("reason %q", got)
	}
	for text, want := range map[string]string{"": "its reader died", "panic: x\ngoroutine 1": "panic: x", "no \x1b[2J\x00é": "no ?[2J?é", strings.Repeat("x", 1000): strings.Repeat("x", 300) + "…"} {
		s := &start{}
		_, _ = s.Write([]byte(text))
		if got := s.reason(); got != want {
			t.Errorf("reason of %.20q is %q", text, got)
		}
	}
}

// TestLinesStops: a full disk and a stop of the whole are what they are.
func TestLinesStops(t *testing.T) {
	program, err := Program()
	if err != nil {
		t.Fatal(err)
	}
	path := file(t, sentences(5000))
	full := errors.New("no space left on device")
	if err := Lines(t.Context(), program, path, sst2, failing{full}); !errors.Is(err, full) {
		t.Errorf("a full disk: %v", err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Nanosecond, full)
	defer cancel()
	<-ctx.Done()
	if err := Lines(ctx, program, path, sst2, &bytes.Buffer{}); !errors.Is(err, full) {
		t.Errorf("stopped: %v", err)
	}
	if err := Lines(t.Context(), "/none", path, sst2, &bytes.Buffer{}); err == nil || fault.ClassOf(err) == fault.Invalid {
		t.Errorf("no program: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func TestChildErrors(t *testing.T) {
	for _, args := range [][]string{nil, {"1", "2"}, {"x", "f", "{}"}, {"1", "f", "{"}} {
		var out, says bytes.Buffer
		if code := Child(args, &out, &says); code != 1 || says.Len() == 0 || out.Len() > 0 {
			t.Errorf("%q: exit %d, %q", args, code, says.String())
		}
	}
}
