package session

import (
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/model"
)

// TestRefusedBeforeDownload: a model of the Hub that does not fit is refused by its
// configuration, before the weights are downloaded, and so is one that is in the cache, with
// and without a network.
func TestRefusedBeforeDownload(t *testing.T) {
	s := surround(t)
	server := onHub(t, s)
	tooWide := func(c *model.Config) error {
		if c.HiddenSize != 24 {
			t.Errorf("the check sees %d columns", c.HiddenSize)
		}
		return fault.Usagef("too wide")
	}
	refuse := func() {
		t.Helper()
		_, err := FindEncoder(t.Context(), s.Env, settled(t, "model: org/boats"), tooWide)
		refused(t, err, fault.Usage, "", "too wide")
	}
	refuse()
	_, err := find(t, s.Env, "model: org/boats; max_length: 500")
	refused(t, err, fault.Usage, "", "max_length: model org/boats takes at most 26 tokens")
	if n := server.Requests("model.safetensors"); n != 0 {
		t.Errorf("%d requests for the weights of a model that is refused", n)
	}
	if _, err := find(t, s.Env, "model: org/boats"); err != nil || server.Requests("model.safetensors") == 0 {
		t.Fatalf("%d requests for the weights, %v", server.Requests("model.safetensors"), err)
	}
	refuse()
	s.variables["HF_HUB_OFFLINE"] = "1"
	refuse()
}
