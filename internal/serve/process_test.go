package serve

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/classify"
	"github.com/dylora/dylora/internal/fault"
)

// fakeModels is a fake that is closed with the process.
type fakeModels struct {
	*fake
	closed chan struct{}
	slow   chan struct{} // what the text "slow" waits for
}

func (f fakeModels) Classify(ctx context.Context, texts []classify.Text, options ...classify.Option) ([]classify.Result, error) {
	if texts[0].Text == "slow" {
		select {
		case <-f.slow:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return f.fake.Classify(ctx, texts, options...)
}

func (f fakeModels) Close() error {
	close(f.closed)
	return nil
}

// running is a process that serves.
type running struct {
	url   string
	stop  context.CancelFunc
	ended chan error
	log   *safeBuffer
	notes *safeBuffer
	fakeModels
}

// safeBuffer is a buffer that one goroutine writes and another reads.
type safeBuffer struct {
	lock sync.Mutex
	b    bytes.Buffer
}

func (s *safeBuffer) Write(b []byte) (int, error) {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.b.Write(b)
}

func (s *safeBuffer) String() string {
	s.lock.Lock()
	defer s.lock.Unlock()
	return s.b.String()
}

// start starts a process; it is ready when load is closed, or at once where that is nil. It is told of by ready.
func start(t *testing.T, p Process, load <-chan struct{}, ready func(Started)) *running {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	r := &running{stop: cancel, ended: make(chan error, 1), log: &safeBuffer{}, notes: &safeBuffer{}, fakeModels: fakeModels{newFake(), make(chan struct{}), make(chan struct{})}}
	p.Log, p.Out, p.Note = "-", r.log, func(line string) { fmt.Fprintln(r.notes, line) }
	p.Ready = func(s Started) error { ready(s); return nil }
	p.Models.Folders = []string{"builtin:sentiment"}
	p.load = func(ctx context.Context, _ func(classify.Execution)) (closing, error) {
		if load != nil {
			select {
			case <-load:
			case <-ctx.Done():
				return nil, ctx.Err()
			}
		}
		return r.fakeModels, nil
	}
	go func() { r.ended <- p.Run(ctx) }()
	return r
}

// serving starts a process that is ready.
func serving(t *testing.T, p Process) *running {
	t.Helper()
	p.Listen = "127.0.0.1:0"
	started := make(chan Started, 1)
	r := start(t, p, nil, func(s Started) { started <- s })
	select {
	case s := <-started:
		r.url = s.Addresses[0]
	case err := <-r.ended:
		t.Fatal(err)
	}
	return r
}

// end waits for the end of a process.
func (r *running) end(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.ended:
		return err
	case <-time.After(20 * time.Second):
		t.Fatal("the process does not end")
		return nil
	}
}

// send asks for an answer to a text.
func send(c *http.Client, url, text string) (int, string, error) {
	resp, err := c.Post(url+"/v1/predict", "application/json", strings.NewReader(fmt.Sprintf(`{"text":%q}`, text)))
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b), err
}

// TestLoading: while models are loaded the server lives, is not ready, and says so. Stopped then, it ends without an error.
func TestLoading(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0") // finds a free port
	if err != nil {
		t.Fatal(err)
	}
	at := l.Addr().String()
	l.Close()
	load, ready := make(chan struct{}), make(chan Started, 1)
	r := start(t, Process{Listen: at}, load, func(s Started) { ready <- s })
	status := func(path string) (code int) {
		for range 100 { // it may not listen yet
			if resp, err := http.Get("http://" + at + path); err == nil {
				resp.Body.Close()
				return resp.StatusCode
			}
			time.Sleep(10 * time.Millisecond)
		}
		return 0
	}
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/v1/adapters": 503} {
		if got := status(path); got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
	close(load)
	s := <-ready
	if got := status("/readyz"); got != 200 || s.String() != "serving one, two at http://"+at && s.String() != "serving two, one at http://"+at {
		t.Errorf("%d, %s", got, s)
	}
	r.stop()
	if err := r.end(t); err != nil {
		t.Error(err)
	}
	<-r.closed

	r = start(t, Process{Listen: "127.0.0.1:0"}, make(chan struct{}), func(Started) { t.Error("ready") })
	r.stop()
	if err := r.end(t); err != nil {
		t.Errorf("stopped while models are loaded: %v", err)
	}
}

// TestDrain: a request that was accepted is answered, with the word that the connection ends; nobody is let in; and it takes no longer
// than it may.
func TestDrain(t *testing.T) {
	for name, tt := range map[string]struct {
		drain  time.Duration
		answer bool
	}{"in time": {20 * time.Second, true}, "too late": {50 * time.Millisecond, false}} {
		t.Run(name, func(t *testing.T) {
			r := serving(t, Process{Drain: tt.drain})
			idle, slow := &http.Client{Transport: &http.Transport{}}, make(chan error, 1)
			if code, _, err := send(idle, r.url, "a"); code != 200 || err != nil { // keeps its connection
				t.Fatal(code, err)
			}
			go func() {
				code, got, err := send(http.DefaultClient, r.url, "slow")
				if err == nil && (code != 200 || !strings.Contains(got, `"label"`)) {
					err = fmt.Errorf("%d %s", code, got)
				}
				slow <- err
			}()
			time.Sleep(20 * time.Millisecond) // until it waits
			r.stop()
			for range 200 { // nobody is let in any more
				c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
				if err != nil {
					break
				}
				c.Close()
				time.Sleep(5 * time.Millisecond)
			}
			if tt.answer {
				resp, err := idle.Get(r.url + "/readyz")
				if err != nil {
					t.Fatal(err)
				}
				if resp.Body.Close(); resp.StatusCode != 503 || !resp.Close {
					t.Errorf("on a connection that was open: %+v", resp)
				}
				close(r.slow)
			}
			err, answered := r.end(t), <-slow
			if tt.answer != (err == nil) || tt.answer != (answered == nil) {
				t.Errorf("ended with %v, the request with %v", err, answered)
			}
			if err != nil && !strings.Contains(err.Error(), "before their requests were answered") {
				t.Error(err)
			}
			<-r.closed
		})
	}
}

// TestAccessLog: each request is a line of JSON that holds nothing of what it asks.
func TestAccessLog(t *testing.T) {
	r := serving(t, Process{})
	secret := "my private words"
	if _, _, err := send(http.DefaultClient, r.url, secret); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/v1/adapters/my-private-words", "/my-private-words?text=my-private-words", "/v1/adapters?my-private-words"} {
		resp, err := http.Get(r.url + path)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
	}
	r.stop()
	if err := r.end(t); err != nil {
		t.Fatal(err)
	}
	var lines []access
	for s := bufio.NewScanner(strings.NewReader(r.log.String())); s.Scan(); {
		var a access
		if err := json.Unmarshal(s.Bytes(), &a); err != nil {
			t.Fatal(err)
		}
		if _, err := time.Parse(time.RFC3339, a.Time); err != nil || a.Answer == 0 || a.Remote == "" || a.Duration < 0 {
			t.Errorf("%s: %v", s.Text(), err)
		}
		lines = append(lines, a)
	}
	var got []string
	for _, a := range lines {
		got = append(got, fmt.Sprint(a.Method, ",", a.Route, ",", a.Status))
	}
	if want := "POST,POST /v1/predict,200 GET,GET /v1/adapters/{name},404 GET,,404 GET,GET /v1/adapters,200"; strings.Join(got, " ") != want {
		t.Errorf("%s\nwant %s", strings.Join(got, " "), want)
	}
	for _, word := range strings.Fields(secret) {
		if strings.Contains(r.log.String(), word) {
			t.Errorf("%q is in the log:\n%s", word, r.log)
		}
	}
}

// TestRefused: what cannot be served is refused before models are loaded.
func TestRefused(t *testing.T) {
	for name, p := range map[string]Process{
		"no folder of adapters": {Options: Options{Adapters: "nothing"}},
		"a certificate alone":   {TLSCert: "x"},
		"no token":              {TokenFile: "nothing"},
		"no mode":               {SocketMode: "9"},
		"no rank":               {Models: Models{Ranks: "0"}},
	} {
		p.Listen = "127.0.0.1:0"
		p.Models.Folders = []string{"builtin:sentiment"}
		p.load = func(context.Context, func(classify.Execution)) (closing, error) {
			t.Errorf("%s: models are loaded", name)
			return nil, errors.New("none")
		}
		if err := p.Run(context.Background()); err == nil || fault.ClassOf(err) == fault.Failure {
			t.Errorf("%s: %v", name, err)
		}
	}
}
