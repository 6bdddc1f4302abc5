package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/kernel/kerneltest"
	"github.com/dylora/dylora/internal/model"
	"github.com/dylora/dylora/internal/serve"
	"github.com/dylora/dylora/models"
)

// served is a process of dylora serve.
type served struct {
	*exec.Cmd
	serve.Started
	talk  *bytes.Buffer // is read when it has ended
	ended chan error
}

// startServe starts c, a dylora serve that prints JSON, and waits until it is ready.
func startServe(t *testing.T, c *exec.Cmd) *served {
	t.Helper()
	s := &served{Cmd: c, talk: &bytes.Buffer{}, ended: make(chan error, 1)}
	c.Stderr = s.talk
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill() })
	line, _ := bufio.NewReader(out).ReadBytes('\n')
	go func() { s.ended <- c.Wait() }()
	if err := json.Unmarshal(line, &s.Started); err != nil || len(s.Addresses) == 0 {
		<-s.ended
		t.Fatalf("it begins with %q: %s", line, s.talk)
	}
	return s
}

// end stops the process by a signal and wants it to end well.
func (s *served) end(t *testing.T, sig os.Signal) {
	t.Helper()
	if err := s.Process.Signal(sig); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-s.ended:
		if err != nil || strings.Contains(s.talk.String(), "panic") {
			t.Errorf("%v: %s", err, s.talk)
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
}

// serveArgs are those of a small server at a free port.
func serveArgs(more ...string) []string {
	return append([]string{"serve", "--json", "--threads", "1", "--listen", "127.0.0.1:0"}, more...)
}

// call sends a request, with a body if there is one, and gives status and answer.
func call(c *http.Client, url, body string, header ...string) (int, string, error) {
	r, err := http.NewRequest("GET", url, nil)
	if body != "" {
		r, err = http.NewRequest("POST", url, strings.NewReader(body))
	}
	if err != nil {
		return 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := cmp.Or(c, http.DefaultClient).Do(r)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, strings.TrimSpace(string(b)), err
}

// get is call for what has to succeed.
func get(t *testing.T, c *http.Client, url, body string, header ...string) string {
	t.Helper()
	code, got, err := call(c, url, body, header...)
	if code != 200 || err != nil {
		t.Fatalf("%s: %d %s, %v", url, code, got, err)
	}
	return got
}

// withHeads are folders of adapters of the built-in model with random weights: different ranks, and different heads.
func withHeads(t *testing.T, ranks ...int) (folders []string) {
	t.Helper()
	m, err := model.Load(models.Mini(), "mini", model.LoadOptions{Machine: kerneltest.New(t)})
	if err != nil {
		t.Fatal(err)
	}
	projections, err := m.Projections([]string{"query", "value"})
	if err != nil {
		t.Fatal(err)
	}
	for i, rank := range ranks {
		labels := []string{"a", "b", "c", "d", "e"}[:2+i]
		a, err := adapter.New(rank, 16, adapter.Paper, projections, m.Head(len(labels), uint64(i)), uint64(i))
		if err != nil {
			t.Fatal(err)
		}
		for k := range a.Modules {
			for j := range a.Modules[k].B {
				a.Modules[k].B[j] = float32((j*7+k+i)%13-6) / 60
			}
		}
		p := adapter.Provenance{Task: "file:x.csv", Labels: labels, TextColumn: "text", LabelColumn: "label", Model: "mini", ModelHash: m.Hash}
		dir := filepath.Join(t.TempDir(), fmt.Sprint("rank-", rank))
		if err := adapter.Save(dir, a, &p, adapter.SaveOptions{}); err != nil {
			t.Fatal(err)
		}
		folders = append(folders, dir)
	}
	return folders
}

// TestServe: one execution answers texts of four adapters at different ranks and with different heads, each with the bits that it has
// alone; the metrics tell of it.
func TestServe(t *testing.T) {
	t.Parallel()
	args := serveArgs(append([]string{"--default-rank", "rank-8=3", "builtin:sentiment"}, withHeads(t, 4, 8, 6)...)...)
	s := startServe(t, command(t, t.TempDir(), args...))
	url := s.Addresses[0]
	if want := []string{"rank-4", "rank-6", "rank-8", "sentiment"}; !slices.Equal(s.Adapters, want) || get(t, nil, url+"/readyz", "") != `{"status":"ready"}` {
		t.Errorf("%+v", s.Started)
	}
	items := []string{
		`"text":"a fine film","adapter":"sentiment","rank":1`, `"text":"what a mess this is","adapter":"rank-4","rank":2`,
		`"text":"a fine film","adapter":"rank-6","rank":5`, `"text":"what a mess","adapter":"rank-8"`, `"text":"what a mess","adapter":"rank-8","rank":8`,
	}
	var alone []string
	for i, item := range items {
		got := get(t, nil, url+"/v1/predict", "{"+item+"}")
		alone = append(alone, strings.Replace(strings.TrimSuffix(strings.TrimPrefix(got, `{"results":[`), "]}"), `"index":0`, fmt.Sprint(`"index":`, i), 1))
	}
	if got, want := get(t, nil, url+"/v1/predict", `{"items":[{`+strings.Join(items, "},{")+"}]}"), `{"results":[`+strings.Join(alone, ",")+"]}"; got != want {
		t.Errorf("together\n%s\nalone\n%s", got, want)
	}
	if !strings.Contains(alone[3], `"rank":3,`) {
		t.Errorf("the default rank of rank-8 is 3: %s", alone[3])
	}
	metrics := get(t, nil, url+"/metrics", "")
	for _, line := range []string{"dylora_execution_adapters_max 4", "dylora_executions_total 6", "dylora_execution_heads_sum 9", "dylora_execution_ranks_sum 10", "dylora_adapters 4", "dylora_texts_total 10"} {
		if !strings.Contains(metrics, "\n"+line+"\n") {
			t.Errorf("the metrics lack %s", line)
		}
	}
	var out, talk bytes.Buffer
	if code := run([]string{"serve", "builtin:sentiment", "--listen", strings.TrimPrefix(url, "http://")}, strings.NewReader(""), &out, &talk); code != 1 || !strings.Contains(talk.String(), "choose another with --listen") {
		t.Errorf("a second one there: exit %d, %s", code, talk.String())
	}
	s.end(t, syscall.SIGTERM)
	if !strings.Contains(s.talk.String(), "serving rank-4, rank-6, rank-8, sentiment at "+url) {
		t.Errorf("it says %s", s.talk)
	}
}

// TestServeLoads: requests load and unload folders by their names.
func TestServeLoads(t *testing.T) {
	t.Parallel()
	folder := withHeads(t, 4)[0]
	s := startServe(t, command(t, t.TempDir(), serveArgs("--adapters-dir", filepath.Dir(folder))...))
	do := func(method, path, body string, want int) {
		t.Helper()
		r, err := http.NewRequest(method, s.Addresses[0]+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(r)
		if err != nil || resp.StatusCode != want {
			t.Fatalf("%s %s: %v %v", method, path, resp, err)
		}
		resp.Body.Close()
	}
	predict := func(want int) { t.Helper(); do("POST", "/v1/predict", `{"text":"a fine film"}`, want) }
	predict(404)
	do("PUT", "/v1/adapters/rank-4", `{}`, 201)
	predict(200)
	do("PUT", "/v1/adapters/rank-4", `{}`, 409)
	do("PUT", "/v1/adapters/other", `{"folder":"nothing"}`, 404)
	do("DELETE", "/v1/adapters/rank-4", "", 204)
	predict(404)
	s.end(t, syscall.SIGINT)
}

// TestServeOptions: what a command line says is in the options.
func TestServeOptions(t *testing.T) {
	t.Parallel()
	var got *serveOptions
	parse := func(line string) *serveOptions {
		cmd := newServeCmd(&streams{}, func(_ context.Context, o *serveOptions) error { got = o; return nil })
		if err := execute(cmd, line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return got
	}
	o := parse("")
	if p := o.process; p.Listen != "127.0.0.1:8080" || p.Remote || p.MaxBody != 1<<20 || p.MaxTexts != 256 || p.MaxTextBytes != 64<<10 || p.Timeout != 30*time.Second || p.Drain != 30*time.Second || p.SocketMode != "0600" || len(p.Models.Folders) > 0 || o.json {
		t.Errorf("%+v", p)
	}
	o = parse("a x=b --default-rank 4 --listen unix:s --token-file t --timeout 5s --max-body 9 --max-texts 8 --max-text 7 --batch-tokens 6 --batch-wait 5ms --max-queued 4 --threads 3 --precision i16 --log - --json")
	p, m := o.process, o.process.Models
	if !slices.Equal(m.Folders, []string{"a", "x=b"}) || m.Ranks != "4" || m.Threads != 3 || m.Precision != "i16" || m.MaxTokens != 6 || m.MaxWait != 5*time.Millisecond || m.MaxQueued != 4 {
		t.Errorf("%+v", m)
	}
	if p.Listen != "unix:s" || p.TokenFile != "t" || p.Timeout != 5*time.Second || p.MaxBody != 9 || p.MaxTexts != 8 || p.MaxTextBytes != 7 || p.Log != "-" || !o.json {
		t.Errorf("%+v", p)
	}
}
