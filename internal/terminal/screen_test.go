package terminal

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// The locale is that of the first variable that says one; where none does, it is UTF-8.
func TestUTF8(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		values map[string]string
		want   bool
	}{
		{nil, true},
		{map[string]string{"LANG": "C"}, false},
		{map[string]string{"LANG": "POSIX"}, false},
		{map[string]string{"LANG": "de_DE.ISO-8859-1"}, false},
		{map[string]string{"LANG": "en_US.UTF-8"}, true},
		{map[string]string{"LANG": "C.utf8"}, true},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_CTYPE": "C"}, false},
		{map[string]string{"LANG": "C", "LC_CTYPE": "C.UTF-8"}, true},
		{map[string]string{"LANG": "C.UTF-8", "LC_CTYPE": "C.UTF-8", "LC_ALL": "C"}, false},
		{map[string]string{"LANG": "C", "LC_ALL": "en_GB.utf-8"}, true},
	} {
		if got := UTF8(environment(tt.values)); got != tt.want {
			t.Errorf("%v: %v", tt.values, got)
		}
	}
}

// A page in a locale without UTF-8 has signs of ASCII for those of tables, and letters as they are.
func TestPage(t *testing.T) {
	t.Parallel()
	const text = " rank │ ‖ΔW‖\n─────┼─────\n 1 ± 2 · größer …\n"
	for lang, want := range map[string]string{"C.UTF-8": text, "C": " rank | ||dW||\n-----+-----\n 1 +- 2 * größer ...\n"} {
		var out bytes.Buffer
		p := NewPage(&out, environment(map[string]string{"LANG": lang}))
		if n, err := io.WriteString(p, text); n != len(text) || err != nil || out.String() != want {
			t.Errorf("%s: %q, %d, %v", lang, out.String(), n, err)
		}
		if p.Columns() != 0 {
			t.Errorf("a buffer has %d columns", p.Columns())
		}
		left := writesLeft(0)
		if _, err := NewPage(&left, environment(map[string]string{"LANG": lang})).Write([]byte("x")); err == nil {
			t.Errorf("%s: a full disk is no error", lang)
		}
	}
}

// A quiet screen tells errors alone; off a terminal nothing has a colour.
func TestScreen(t *testing.T) {
	t.Parallel()
	var talk bytes.Buffer
	s := NewScreen(&talk, environment(map[string]string{"LANG": "C"}))
	s.Say("one…")
	s.Quiet = true
	s.Say("two")
	s.Warn("three")
	s.Fail("dylora:", "broken – here")
	s.Mute = true
	s.Warn("four")
	if want := "one...\nthree\ndylora: broken - here\n"; talk.String() != want {
		t.Errorf("%q, want %q", talk.String(), want)
	}
	if Is(io.Discard) || Is(&talk) || s.bars() || s.lines() {
		t.Error("a buffer passes for a terminal, or a quiet screen shows progress")
	}
}

func TestMode(t *testing.T) {
	t.Parallel()
	var m Mode
	if m.String() != "auto" || m.Type() != "mode" {
		t.Errorf("%s %s", m.String(), m.Type())
	}
	for _, name := range []string{"auto", "bar", "lines", "none"} {
		if err := m.Set(name); err != nil || m.String() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := m.Set("bars"); err == nil || !strings.Contains(err.Error(), `did you mean "bar"?`) {
		t.Errorf("%v", err)
	}
}
