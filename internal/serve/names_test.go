package serve

import (
	"maps"
	"strings"
	"testing"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/settings"
)

func TestNamed(t *testing.T) {
	for line, want := range map[string]map[string]string{
		"":                            {},
		"runs/a runs/b/":              {"a": "runs/a", "b": "runs/b/"},
		"runs/a/adapter":              {"a": "runs/a/adapter"},
		"adapter":                     {"adapter": "adapter"},
		"/adapter":                    {"adapter": "/adapter"},
		"x=runs/a y=runs/a":           {"x": "runs/a", "y": "runs/a"},
		"x=a=b":                       {"x": "a=b"},
		"runs/rank=4":                 nil, // no name for requests
		"n=runs/rank=4":               {"n": "runs/rank=4"},
		"builtin:sentiment":           {"sentiment": classify.Sentiment},
		"a=builtin:sentiment":         {"a": classify.Sentiment},
		"x=":                          nil,
		"=runs/a":                     {"a": "=runs/a"},
		"runs/a other/a":              nil,
		".":                           nil,
		"..":                          nil,
		"runs/.hidden":                nil,
		"runs/ümlaut":                 nil,
		strings.Repeat("a", 65):       nil,
		"n=" + strings.Repeat("a", 9): {"n": strings.Repeat("a", 9)},
	} {
		got, err := named(strings.Fields(line))
		if (err != nil) != (want == nil) || err == nil && !maps.Equal(got, want) {
			t.Errorf("%q: %v, %v", line, got, err)
		}
	}
}

func TestParseRanks(t *testing.T) {
	adapters := map[string]string{"a": "x", "b": "y"}
	for spec, want := range map[string]map[string]int{
		"":                     {},
		"4":                    {"": 4},
		"auto":                 {"": classify.AutoRank},
		"8,a=auto":             {"": 8, "a": classify.AutoRank},
		"a=1,b=2":              {"a": 1, "b": 2},
		"0":                    nil,
		"-1":                   nil,
		"a=0":                  nil,
		"c=1":                  nil,
		"4,8":                  nil,
		"a=1,a=2":              nil,
		"a=":                   nil,
		"=4":                   nil,
		"4,":                   nil,
		"1.5":                  nil,
		"99999999999999999999": nil,
	} {
		got, err := parseRanks(spec, adapters)
		if (err != nil) != (want == nil) || err == nil && !maps.Equal(got, want) {
			t.Errorf("%q: %v, %v", spec, got, err)
		}
	}
}

// TestTake: settings come from the strongest layer that says them.
func TestTake(t *testing.T) {
	weak, strong := settings.NewLayer(settings.Env), settings.NewLayer(settings.Flag)
	weak.Set("threads", "DYLORA_THREADS", settings.Text("3"))
	weak.Set("model", "DYLORA_MODEL", settings.Text("mini"))
	strong.Set("threads", "--threads", settings.Text("2"))
	strong.Set("precision", "--precision", settings.Text("i16"))
	strong.Set("max_length", "--max-length", settings.Text("64"))
	var m Models
	m.Take([]*settings.Layer{weak, strong})
	if m.Threads != 2 || m.Model != "mini" || m.Precision != "i16" || m.MaxLength != 64 {
		t.Errorf("%+v", m.Options)
	}
}
