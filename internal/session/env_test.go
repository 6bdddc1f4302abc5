package session

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/dylora/dylora/internal/fault"
)

func TestEnvSays(t *testing.T) {
	s := surround(t)
	s.Say("one", "two")
	s.Begin("count", 3).At(2)
	if !slices.Equal(s.notes, []string{"one", "two"}) || !slices.Equal(s.tasks, []string{"count 3", "at 2"}) {
		t.Errorf("notes %q, tasks %q", s.notes, s.tasks)
	}
	silent := &Env{Getenv: s.Getenv}
	silent.Say("nobody hears this")
	p := silent.Begin("count", 3)
	p.At(1)
	p.End()
}

// TestPackedWeights: the cache of packed weights is where DYLORA_CACHE says, and bounded.
func TestPackedWeights(t *testing.T) {
	s := surround(t)
	for variable, want := range map[string]string{
		"":        filepath.Join(s.variables["XDG_CACHE_HOME"], "dylora", "packed"),
		"/a/path": "/a/path",
	} {
		s.variables["DYLORA_CACHE"] = variable
		if c := s.packedWeights(); c == nil || c.Dir != want || c.Limit != 8<<30 {
			t.Errorf("DYLORA_CACHE=%q: %+v, want the folder %s", variable, c, want)
		}
	}
	s.variables["DYLORA_CACHE"] = "off"
	if c := s.packedWeights(); c != nil {
		t.Errorf("DYLORA_CACHE=off: %+v", c)
	}
}

// TestHubOfEnv: the client is set up by the variables of the Env, not of the process.
func TestHubOfEnv(t *testing.T) {
	s := surround(t)
	c, err := s.Hub(false)
	must(t, err)
	if !c.Offline {
		t.Error("HF_HUB_OFFLINE=1 of the Env does not count")
	}
	s.variables["HF_ENDPOINT"] = "no address"
	_, err = s.Hub(false)
	refused(t, err, fault.Usage, "", "HF_ENDPOINT")
	if _, err := s.glue(false); err == nil {
		t.Error("GLUE's store is made without a client")
	}
}
