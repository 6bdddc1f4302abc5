package terminal

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
)

// environment is one for NewScreen.
func environment(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

// clock is a screen whose time a test moves.
func clock(s *Screen) *time.Time {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s.now = func() time.Time { return now }
	return &now
}

// Off a terminal a long task says a line every 30 seconds, and a short one nothing.
func TestLinesOfProgress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		mode  Mode
		quiet bool
		want  string
	}{
		{"", false, "evaluate: 400/1000 (40 %), 10 examples/s, 1 min 00 s left\nevaluate: 700/1000 (70 %), 10 examples/s, 30 s left\nevaluate: 1000/1000 (100 %), 10 examples/s, 0 s left\n"},
		{ModeAuto, true, ""},
		{ModeLines, true, ""},
		{ModeNone, false, ""},
	} {
		var talk bytes.Buffer
		s := NewScreen(&talk, environment(nil))
		s.Mode, s.Quiet = tt.mode, tt.quiet
		now := clock(s)
		p := s.Progress("evaluate", "examples", 1000)
		for n := 100; n <= 1000; n += 100 {
			*now = now.Add(10 * time.Second)
			if n == 300 {
				continue // a step that takes longer
			}
			p.At(n)
		}
		p.End()
		if got := talk.String(); got != tt.want {
			t.Errorf("%+v: %q, want %q", tt, got, tt.want)
		}
	}
}

// What is of unknown length says how much is done and how fast.
func TestLinesOfUnknownLength(t *testing.T) {
	t.Parallel()
	var talk bytes.Buffer
	s := NewScreen(&talk, environment(nil))
	now := clock(s)
	p := s.Progress("predict", "texts", 0)
	*now = now.Add(31 * time.Second)
	p.At(6200)
	if want := "predict: 6200 texts, 200 texts/s\n"; talk.String() != want {
		t.Errorf("%q, want %q", talk.String(), want)
	}
}

// drawn is what a terminal shows that got these bytes: the last line that was written over, if it is one line.
func drawn(t *testing.T, b []byte) string {
	t.Helper()
	if bytes.ContainsRune(b, '\n') {
		t.Errorf("a bar has a line end: %q", b)
	}
	last := ""
	for part := range strings.SplitSeq(string(b), "\r") {
		if strings.TrimSpace(part) != "" {
			last = part
		}
	}
	return last
}

// A bar is one line that is shorter than the terminal, in the letters that it has; a line that is told takes it off the screen.
func TestBar(t *testing.T) {
	t.Parallel()
	for lang, bar := range map[string]string{"": "█", "C": "="} {
		var talk bytes.Buffer
		s := NewScreen(&talk, environment(map[string]string{"LANG": lang}))
		s.Mode = ModeBar
		now := clock(s)
		p := s.Progress("evaluate", "examples", 1000)
		for n := 10; n <= 600; n += 10 {
			*now = now.Add(time.Second)
			p.At(n)
		}
		line := drawn(t, talk.Bytes())
		if len([]rune(line)) > 79 || !strings.HasPrefix(line, "evaluate, 40 s left, 600/1000, 10 examples/s") || !strings.Contains(line, "60%") || !strings.Contains(line, bar) {
			t.Errorf("%q draws %q", lang, line)
		}
		talk.Reset()
		s.Say("a line")
		if got := talk.String(); !strings.HasSuffix(got, "\ra line\n") {
			t.Errorf("a line is told as %q", got)
		}
		talk.Reset()
		p.At(600) // the bar comes back though little time has passed
		if drawn(t, talk.Bytes()) == "" {
			t.Error("the bar does not come back")
		}
		p.At(1000)
		talk.Reset()
		p.End()
		if drawn(t, talk.Bytes()) != "" || s.current != nil {
			t.Errorf("ends with %q", talk.String())
		}
	}
}

// In 40 columns, or in very few, what is said is cut before the bar is.
func TestFitted(t *testing.T) {
	t.Parallel()
	s := NewScreen(io.Discard, environment(nil))
	now := clock(s)
	p := s.Progress("evaluate", "examples", 1000)
	p.done, p.detail = 600, "loss 0.512, rank 3"
	*now = now.Add(time.Minute)
	for room, want := range map[int]string{
		80: "evaluate, 40 s left, 600/1000, 10 examples/s, loss 0.512, rank 3", 60: "evaluate, 40 s left, 600/1000, 10 examples/s",
		39 - leastBar - drawnBeside: "evaluate, 40 s left", 10: "evaluate", 5: "evalu", 0: "", -3: "",
	} {
		if got := p.fitted(*now, room); got != want {
			t.Errorf("%d: %q, want %q", room, got, want)
		}
	}
}

// Off a terminal a large file gets one line, however often its bytes are reported, and a
// small one, or one whose size the Hub does not say, none.
func TestDownloads(t *testing.T) {
	t.Parallel()
	var talk bytes.Buffer
	p := NewScreen(&talk, environment(nil)).Downloads()
	for _, report := range []struct {
		file        string
		done, total int64
	}{
		{"config.json", 100, 480},
		{"config.json", 480, 480},
		{"model.safetensors", 1 << 20, 498_000_000},
		{"model.safetensors", 300_000_000, 498_000_000},
		{"model.safetensors", 498_000_000, 498_000_000},
		{"tokenizer.json", 1, worthALine - 1},
		{"vocab.json", 1, worthALine},
		{"merges.txt", 1 << 30, -1},
	} {
		p.At(report.file, report.done, report.total)
	}
	const want = "downloading model.safetensors, 498.0 MB\ndownloading vocab.json, 10.5 MB\n"
	if talk.String() != want {
		t.Errorf("says %q, want %q", talk.String(), want)
	}
}

// On the way a download says how far it is, in the units of files.
func TestDownloadOnTheWay(t *testing.T) {
	t.Parallel()
	var talk bytes.Buffer
	s := NewScreen(&talk, environment(nil))
	now := clock(s)
	p := s.Downloads()
	p.At("model.safetensors", 100e6, 500e6) // the rest of one that was cut off
	*now = now.Add(40 * time.Second)
	p.At("model.safetensors", 300e6, 500e6)
	if want := "downloading model.safetensors, 500.0 MB\nmodel.safetensors: 300.0 MB/500.0 MB (60 %), 5.0 MB/s, 40 s left\n"; talk.String() != want {
		t.Errorf("says %q, want %q", talk.String(), want)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "0 s", 400 * time.Millisecond: "0 s", 59 * time.Second: "59 s", 60 * time.Second: "1 min 00 s", 3*time.Minute + 5*time.Second: "3 min 05 s",
		59*time.Minute + 59900*time.Millisecond: "1 h 00 min", 26*time.Hour + 7*time.Minute: "26 h 07 min",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}
