package schema

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// level is an enumeration of text, as settings may have as their type.
type level string

// part is one part of the tree below.
type part struct {
	MaxSteps int     `key:"max_steps" default:"7" min:"1" max:"9" scope:"free,card" help:"stop after n \"steps\""`
	Rate     float64 `key:"rate" default:"1e-3" above:"0" scope:"card" help:"learning rate"`
	Beta     float64 // not a setting
}

// tree is a made-up tree. Everything that the tests expect of its settings follows from the
// tags above and below.
type tree struct {
	Name string `key:"name" default:"mini" empty:"say mini" scope:"remembered" help:"a name"`
	Part part
	Seed uint64 `key:"seed" default:"18446744073709551615" help:"seed"`
	Deep struct {
		Inner struct {
			Level level `key:"level" default:"low" scope:"remembered,files" help:"level"`
		}
	}
	Quiet bool `key:"quiet" help:"print nothing"`
	None  int  `key:"none" min:"0" help:"no default"`
	Plain map[string]int
	own   part // not exported: not a part of the settings
}

func TestFields(t *testing.T) {
	x := &tree{Name: "n", own: part{MaxSteps: 3}}
	want := [][4]string{
		{"name", "name", "DYLORA_NAME", "a name"},
		{"max_steps", "max-steps", "DYLORA_MAX_STEPS", `stop after n "steps"`},
		{"rate", "rate", "DYLORA_RATE", "learning rate"},
		{"seed", "seed", "DYLORA_SEED", "seed"},
		{"level", "level", "DYLORA_LEVEL", "level"},
		{"quiet", "quiet", "DYLORA_QUIET", "print nothing"},
		{"none", "none", "DYLORA_NONE", "no default"},
	}
	var got [][4]string
	for _, f := range Fields(x) {
		got = append(got, [4]string{f.Key, f.Flag(), f.Env(), f.Help})
	}
	if !slices.Equal(got, want) {
		t.Errorf("fields\n%v\nwant\n%v", got, want)
	}
}

// A field's value is the field itself, not a copy of it.
func TestFieldsAreAddressable(t *testing.T) {
	x := new(tree)
	for _, f := range Fields(x) {
		if f.Key == "level" {
			f.Value.SetString("high")
		}
	}
	if x.Deep.Inner.Level != "high" {
		t.Errorf("the tree holds %q", x.Deep.Inner.Level)
	}
}

func TestScopes(t *testing.T) {
	for s, want := range map[Scope][]string{
		Free: {"max_steps"}, Card: {"max_steps", "rate"}, Remembered: {"name", "level"}, Files: {"level"},
		"":    {"seed", "quiet", "none"}, // what has no scope at all
		"fre": nil, "free,card": nil,
	} {
		if got := Keys(new(tree), s); !slices.Equal(got, want) {
			t.Errorf("scope %q: %v, want %v", s, got, want)
		}
		for _, f := range Fields(new(tree)) {
			if f.In(s) != slices.Contains(want, f.Key) {
				t.Errorf("%s is in scope %q: %v", f.Key, s, f.In(s))
			}
		}
	}
}

func TestSetDefaults(t *testing.T) {
	x := &tree{Name: "other", None: 5, Quiet: true, Plain: map[string]int{"a": 1}, own: part{MaxSteps: 4}}
	x.Part.Beta = 0.9
	SetDefaults(x)
	want := &tree{Name: "mini", Seed: 1<<64 - 1, Part: part{MaxSteps: 7, Rate: 1e-3, Beta: 0.9}, Plain: map[string]int{"a": 1}, own: part{MaxSteps: 4}}
	want.Deep.Inner.Level = "low"
	if !reflect.DeepEqual(x, want) {
		t.Errorf("defaults %+v\nwant     %+v", x, want)
	}
	if faults := Check(x); len(faults) > 0 {
		t.Errorf("the defaults break rules: %v", faults)
	}
}

// A tag that does not fit its field is a fault of the program.
func TestBadTagsPanic(t *testing.T) {
	for want, run := range map[string]func(){
		`default of n: "many" is not a whole number`: func() {
			SetDefaults(&struct {
				N int `key:"n" default:"many"`
			}{})
		},
		`default of u: "-1" is not a whole number from 0 up`: func() {
			SetDefaults(&struct {
				U uint64 `key:"u" default:"-1"`
			}{})
		},
		`default of x: "" is not a number`: func() {
			SetDefaults(&struct {
				X float64 `key:"x" default:""`
			}{})
		},
		`default of b: "yes" is not true or false`: func() {
			SetDefaults(&struct {
				B bool `key:"b" default:"yes"`
			}{})
		},
		`default of l: a setting cannot be of type []string`: func() {
			SetDefaults(&struct {
				L []string `key:"l" default:"a,b"`
			}{})
		},
		"min of n: strconv.ParseFloat: parsing \"one\"": func() {
			Check(&struct {
				N int `key:"n" min:"one"`
			}{})
		},
		"above of x: strconv.ParseFloat: parsing \"\"": func() {
			Check(&struct {
				X float64 `key:"x" above:""`
			}{})
		},
	} {
		if got := panicOf(run); !strings.Contains(got, want) {
			t.Errorf("panic %q, want %q", got, want)
		}
	}
}

// panicOf is the text that run panics with; "" if it does not.
func panicOf(run func()) (text string) {
	defer func() { text, _ = recover().(string) }()
	run()
	return ""
}
