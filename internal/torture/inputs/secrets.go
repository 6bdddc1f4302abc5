package inputs

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dylora/dylora/internal/hub/hubtest"
	"github.com/dylora/dylora/internal/torture/row"
	"github.com/dylora/dylora/internal/track/tracktest"
)

// The secrets of R23, each of which the program is given.
const (
	hubToken      = "hf_R23HubTokenThatNobodySees"
	trackToken    = "R23TrackTokenThatNobodySees"
	trackUser     = "somebody"
	trackPassword = "R23PasswordThatNobodySees"
	serveToken    = "R23ServeTokenThatNobodySees"
)

// secrets are what must be nowhere, as they are and as they are sent.
func secrets() []string {
	return []string{hubToken, trackToken, trackPassword, serveToken, base64.StdEncoding.EncodeToString([]byte(trackUser + ":" + trackPassword))}
}

// surroundings are those of one case: a Hub with a private model, a tracking server, and a folder
// for all that the program writes, with what it prints.
type surroundings struct {
	*row.Trial
	dir     string
	hub     *hubtest.Server
	tracker *tracktest.Server
	env     []string
	printed printed
}

// printed is what several processes print, and what is said of them.
type printed struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (p *printed) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.Write(b)
}

func (p *printed) String() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.b.String()
}

// secretCase is something that a user does with secrets in the environment.
type secretCase struct {
	what string
	do   func(s *surroundings) error
}

// secretCases is how many hushed has.
const secretCases = 16

// hidden is row R23: whatever is done with them, the secrets are in no file that the program
// writes, on neither stream, in nothing that the tracking server keeps, and in no title of a process.
func hidden(t *row.Trial) error {
	cases := casesOfSecrets()
	if len(cases) != secretCases {
		return fmt.Errorf("%d cases, want %d", len(cases), secretCases)
	}
	row.Each(2, t.Pick(len(cases)), func(i int) {
		t.Case(cases[i].what, func(dir string) error {
			s := &surroundings{Trial: t, dir: dir, tracker: tracktest.New()}
			defer s.tracker.Close()
			var stop func()
			s.hub, stop = hubtest.Start()
			defer stop()
			s.hub.Token = hubToken
			if err := s.addModel(); err != nil {
				return err
			}
			s.env = []string{"HF_ENDPOINT=" + s.hub.URL, "HF_HUB_OFFLINE=", "HF_TOKEN=" + hubToken, "MLFLOW_TRACKING_URI=" + s.tracker.URL,
				"MLFLOW_TRACKING_USERNAME=" + trackUser, "MLFLOW_TRACKING_PASSWORD=" + trackPassword, "MLFLOW_TRACKING_TOKEN=" + trackToken}
			return errors.Join(cases[i].do(s), s.search())
		})
	})
	return nil
}

// addModel gives the Hub a tiny private model.
func (s *surroundings) addModel() error {
	dir, files := filepath.Join(s.Root, "internal", "reftest", "testdata", "roberta", "model"), map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	s.hub.Add("models/"+repository, files)
	s.hub.Private("models/" + repository)
	return nil
}

// run runs the program and wants an exit code, and a text on stderr.
func (s *surroundings) run(code int, says string, args ...string) error {
	p, err := execute(s.Trial, s.dir, s.env, args...)
	if err != nil {
		return err
	}
	fmt.Fprint(&s.printed, p.Out, p.Talk)
	if p.Code != code || !strings.Contains(p.Talk, says) {
		return fmt.Errorf("dylora %s: exit %d, want %d and %q: %s", strings.Join(args, " "), p.Code, code, says, p.Talk)
	}
	return nil
}

// smallTraining trains a few steps on the model of the Hub and shows them to the tracking server.
func smallTraining(more ...string) []string {
	return append(strings.Fields("train --model "+repository+" --run runs/x --max-train-examples 64 --max-eval-examples 16 --batch 8 --max-length 20 --max-steps 6 --track mlflow --verbose"), more...)
}

// search looks for the secrets in everything that is left.
func (s *surroundings) search() error {
	look := func(where string, text []byte) error {
		for _, secret := range secrets() {
			if bytes.Contains(text, []byte(secret)) {
				return fmt.Errorf("%s has the secret %.8s…", where, secret)
			}
		}
		return nil
	}
	found := look("what is printed", []byte(s.printed.String()))
	err := filepath.WalkDir(s.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() || e.Name() == secretFile {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		found = errors.Join(found, look(path, b), look("a file's name", []byte(path)))
		return nil
	})
	s.tracker.Lock()
	defer s.tracker.Unlock()
	for id, r := range s.tracker.Runs {
		found = errors.Join(found, look("run "+id+" of the tracking server", fmt.Appendf(nil, "%+v", *r)))
	}
	return errors.Join(err, found)
}

// secretFile is the one file that may hold a secret: the user's own.
const secretFile = "token"

func casesOfSecrets() []secretCase {
	trained := func(args ...string) func(s *surroundings) error {
		return func(s *surroundings) error {
			return errors.Join(s.run(0, "", smallTraining()...), s.run(0, "", args...))
		}
	}
	set := func(variable string) func(s *surroundings) {
		return func(s *surroundings) { s.env = append(s.env, variable) }
	}
	with := func(code int, says string, change func(s *surroundings), args ...string) func(s *surroundings) error {
		return func(s *surroundings) error { change(s); return s.run(code, says, args...) }
	}
	return []secretCase{
		{"a download", with(0, "", func(*surroundings) {}, "fetch", repository, "--verbose", "--json")},
		{"a training that is tracked by user and password", with(0, "", func(*surroundings) {}, smallTraining()...)},
		{"a training that is tracked by a token", with(0, "", set("MLFLOW_TRACKING_USERNAME="), smallTraining()...)},
		{"a password in the address of the tracking server", with(0, "", func(s *surroundings) {
			set("MLFLOW_TRACKING_USERNAME=")(s)
			u, err := url.Parse(s.tracker.URL)
			if err == nil {
				u.User = url.UserPassword(trackUser, trackPassword)
				set("MLFLOW_TRACKING_URI=" + u.String())(s)
			}
		}, smallTraining()...)},
		{"a tracking server that lets nobody in", with(0, "answers HTTP 401", func(s *surroundings) { s.tracker.Answer(tracktest.Code(http.StatusUnauthorized)) }, smallTraining()...)},
		{"a tracking server that repeats what it is sent", with(0, "tracking: ", func(s *surroundings) { s.tracker.Answer(repeating) }, smallTraining()...)},
		{"evaluation", trained("eval", "--adapter", "runs/x", "--json", "--max-eval-examples", "16")},
		{"merging", trained("merge", "--adapter", "runs/x", "--rank", "2", "--out", "merged")},
		{"slicing", trained("slice", "--adapter", "runs/x", "--rank", "2", "--out", "slice")},
		{"a token that the Hub does not know", with(2, "does not accept the token", func(s *surroundings) { s.hub.Token = "another" }, "fetch", repository)},
		{"a Hub that repeats what it is sent", with(2, "not with Bearer …", func(s *surroundings) { s.hub.Before = repeatingHub }, "fetch", repository)},
		{"a Hub that leads to an address with the token", with(4, "cannot be reached", func(s *surroundings) {
			s.hub.Before = func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("Location", "https://"+strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")+".invalid/")
				w.WriteHeader(http.StatusFound)
				return true
			}
		}, "fetch", repository)},
		{"a token that is none", with(2, "the token has characters", set("HF_TOKEN="+hubToken+" x"), "fetch", repository)},
		{"a password in the Hub's address", with(2, "HF_ENDPOINT: want an address", set("HF_ENDPOINT=https://"+trackUser+":"+trackPassword+"@hub.example"), "fetch", repository)},
		{"requests to a server", serveWithToken},
		{"a process that ends by a fault", faulted},
	}
}

// repeating is a tracking server that answers by what it was sent.
func repeating(w http.ResponseWriter, r *http.Request) bool {
	_, _ = io.Copy(io.Discard, r.Body)
	user, password, _ := r.BasicAuth()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	fmt.Fprintf(w, `{"error_code":"BAD_REQUEST","message":"%s %s %s"}`, user, password, r.Header.Get("Authorization"))
	return true
}

func repeatingHub(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("X-Error-Message", "not with "+r.Header.Get("Authorization"))
	w.Header().Set("ETag", r.Header.Get("Authorization"))
	w.WriteHeader(http.StatusForbidden)
	return true
}

// start starts the program; what it prints is kept.
func (s *surroundings) start(args ...string) (*exec.Cmd, error) {
	c := (&run{s.Binary, s.dir, s.env, args}).command(s)
	c.Stdout, c.Stderr = &s.printed, &s.printed
	return c, c.Start()
}

// await calls f until it is true, for a minute at most.
func await(ctx context.Context, f func() bool) error {
	for end := time.Now().Add(patience); !f(); time.Sleep(20 * time.Millisecond) {
		if ctx.Err() != nil || time.Now().After(end) {
			return errors.New("it does not happen")
		}
	}
	return nil
}

// faulted ends a training as a fault of the machine would, where the system keeps the memory of such
// processes, and looks at what the system tells of the process meanwhile.
func faulted(s *surroundings) error {
	s.env = append(s.env, "GOTRACEBACK=crash")
	c, err := s.start(smallTraining("--max-steps", "5000", "--epochs", "1000")...)
	if err != nil {
		return err
	}
	err = await(s, func() bool {
		b, err := os.ReadFile(filepath.Join(s.dir, "runs", "x", "metrics.jsonl"))
		return err == nil && bytes.Count(b, []byte("\n")) > 2
	})
	if runtime.GOOS == "linux" {
		for _, name := range []string{"cmdline", "comm", "status", "limits"} {
			b, readErr := os.ReadFile(fmt.Sprintf("/proc/%d/%s", c.Process.Pid, name))
			_, _ = s.printed.Write(b)
			if err = errors.Join(err, readErr); name == "limits" && !bytes.Contains(b, []byte("Max core file size        0 ")) {
				err = errors.Join(err, errors.New("the system may write the process's memory to a file"))
			}
		}
	}
	err = errors.Join(err, c.Process.Signal(syscall.SIGABRT))
	_ = c.Wait() // by the signal
	if !strings.Contains(s.printed.String(), "SIGABRT") {
		err = errors.Join(err, fmt.Errorf("the process has ended in another way: %.500q", s.printed.String()))
	}
	return err
}

// dialUnix connects to a socket, whatever the address of a request is.
func dialUnix(socket string) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", socket)
	}
}

// serveWithToken asks a server with the right token, a wrong one and none.
func serveWithToken(s *surroundings) error {
	if err := errors.Join(s.run(0, "", smallTraining()...), os.WriteFile(filepath.Join(s.dir, secretFile), []byte(serveToken), 0o600)); err != nil {
		return err
	}
	c, err := s.start("serve", "runs/x", "--listen", "unix:"+filepath.Join(s.dir, "socket"), "--token-file", secretFile, "--log", "requests", "--json")
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DialContext: dialUnix(filepath.Join(s.dir, "socket"))}}
	ask := func(token string) int {
		q, err := http.NewRequestWithContext(s, http.MethodPost, "http://server/v1/predict", strings.NewReader(`{"texts":["a boat"]}`))
		if err != nil {
			return 0
		}
		q.Header.Set("Content-Type", "application/json")
		q.Header.Set("Authorization", "Bearer "+token)
		answer, err := client.Do(q)
		if err != nil {
			return 0
		}
		defer answer.Body.Close()
		b, err := io.ReadAll(answer.Body)
		_, _ = s.printed.Write(b)
		if err != nil {
			return 0
		}
		return answer.StatusCode
	}
	err = await(s, func() bool { return ask(serveToken) == http.StatusOK })
	if code := ask(serveToken + "x"); code != http.StatusUnauthorized {
		err = errors.Join(err, fmt.Errorf("another token: status %d", code))
	}
	err = errors.Join(err, c.Process.Signal(syscall.SIGTERM))
	_ = c.Wait() // by the signal
	if err != nil {
		err = fmt.Errorf("%w: %.500q", err, s.printed.String())
	}
	return err
}
