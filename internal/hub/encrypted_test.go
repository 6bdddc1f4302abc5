package hub

import (
	"errors"
	"net/http"
	"testing"

	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/hub/hubtest"
)

// asked is a network that remembers which addresses it was asked, and answers none.
type asked struct{ addresses []string }

func (a *asked) RoundTrip(r *http.Request) (*http.Response, error) {
	a.addresses = append(a.addresses, r.URL.String())
	return nil, errors.New("no network")
}

// TestEncrypted: a Hub in plain text is asked only where it is this machine, or where that was said.
func TestEncrypted(t *testing.T) {
	for endpoint, plain := range map[string]bool{
		"https://hub.example": false, "http://localhost:8080": false, "http://127.0.0.1": false, "http://127.9.9.9:80": false, "http://[::1]:8080": false, "http://[::ffff:127.0.0.1]": false,
		"http://hub.example": true, "http://10.0.0.1": true, "http://localhost.example": true, "http://127.0.0.1.example": true, "http://0.0.0.0": true, "http://[fe80::1]": true,
	} {
		for _, insecure := range []bool{false, true} {
			c := client(t, hubtest.New(t), "HF_ENDPOINT", endpoint, "HF_TOKEN", "hf_secret")
			network := &asked{}
			c.transport, c.Insecure = network, insecure
			_, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
			if refused := len(network.addresses) == 0; refused != (plain && !insecure) {
				t.Errorf("%s, insecure %v: asked %q", endpoint, insecure, network.addresses)
			} else if got := fault.ReasonOf(err); refused && (got != Unencrypted || fault.ClassOf(err) != fault.Usage) {
				t.Errorf("%s: %v", endpoint, err)
			}
		}
	}
}

// TestRedirectInPlainText: a Hub does not lead to another machine in plain text.
func TestRedirectInPlainText(t *testing.T) {
	s := hubtest.New(t)
	s.Before = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, "http://cdn.example"+r.URL.Path, http.StatusFound)
		return true
	}
	c := client(t, s)
	_, err := c.Snapshot(t.Context(), repo(t, Model, "org/name", ""), ModelFiles(false))
	checkError(t, err, fault.Usage, "cdn.example is not asked")
}
