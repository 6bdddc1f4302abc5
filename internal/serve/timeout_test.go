package serve

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dylora/dylora/classify"
)

// stuck is a classifier whose adapters stay in use.
type stuck struct{ fakeModels }

func (stuck) Unload(ctx context.Context, _ string) error {
	<-ctx.Done()
	return ctx.Err()
}

// TestTimeout: a request without a body that takes too long is told so. No deadline of the connection ends it before, which would
// look as if the client had gone.
func TestTimeout(t *testing.T) {
	t.Parallel()
	began := make(chan Started, 1)
	p := Process{Listen: "127.0.0.1:0", Options: Options{Timeout: 200 * time.Millisecond, Adapters: t.TempDir()}, Ready: func(s Started) error { began <- s; return nil }}
	p.Models.Folders = []string{classify.Sentiment}
	p.load = func(context.Context, func(classify.Execution)) (closing, error) {
		return stuck{fakeModels{newFake(), make(chan struct{}), nil}}, nil
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Run(ctx) }()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, (<-began).Addresses[0]+"/v1/adapters/one", nil)
	must(t, err)
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer resp.Body.Close()
	var b strings.Builder
	must(t, resp.Write(&b))
	if resp.StatusCode != http.StatusGatewayTimeout || !strings.Contains(b.String(), `"timeout"`) {
		t.Error(b.String())
	}
	stop()
	must(t, <-ended)
}
