package serve

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/dylora/dylora/classify"
)

// question is a text for an adapter at a rank.
type question struct {
	text, adapter string
	rank          int
}

// body is the question as a request, or as one of its items.
func (q question) body() string {
	return fmt.Sprintf(`{"text":%q,"adapter":%q,"rank":%d}`, q.text, q.adapter, q.rank)
}

// sums counts what executions hold.
type sums struct {
	lock               sync.Mutex
	adapters, ranks, n int // the most in one, and executions
	heads, texts       int
}

func (s *sums) add(e classify.Execution) {
	s.lock.Lock()
	defer s.lock.Unlock()
	s.adapters, s.ranks, s.heads, s.texts, s.n = max(s.adapters, e.Adapters), max(s.ranks, e.Ranks), max(s.heads, e.Heads), s.texts+e.Texts, s.n+1
}

// TestMixed: clients at once, each with texts for other adapters at other ranks, get byte for byte what the same text gets alone, and
// their texts share executions. Meanwhile an adapter comes and goes, and hostile clients send what is refused.
func TestMixed(t *testing.T) {
	t.Parallel()
	dir, names := saved(t)
	ranks := map[string]int{"two": 8, "three": 4, "other": 3, "number": 16}
	alone, _ := real(t, dir, names, classify.Options{Threads: 1, MaxTokens: 64})
	together := &sums{}
	s, _ := real(t, dir, names, classify.Options{Threads: 1, Observe: together.add, MaxWait: 2 * time.Millisecond})
	words := strings.Fields("the film was a good bad dull fine warm plot story I liked hated it not very really slow fast day")
	random := rand.New(rand.NewPCG(1, 2))
	var questions []question
	want := map[question]string{}
	for range 40 {
		var b strings.Builder
		for range 1 + random.IntN(12) {
			b.WriteString(words[random.IntN(len(words))] + " ")
		}
		name := names[random.IntN(len(names))]
		q := question{b.String(), name, 1 + random.IntN(ranks[name])}
		w, got := ask(alone, "POST", "/v1/predict", q.body())
		if w.Code != 200 {
			t.Fatal(got)
		}
		questions, want[q] = append(questions, q), got
	}
	h := httptest.NewServer(s)
	defer h.Close()
	var clients, disturbers sync.WaitGroup
	for k := range 16 {
		clients.Go(func() { honest(t, h, questions, want, uint64(k)) })
	}
	over := make(chan struct{})
	for _, disturb := range []func(i int) (method, path, body string){
		func(int) (string, string, string) {
			return "PUT", "/v1/adapters/more", `{"folder":"three","default_rank":2}`
		},
		func(int) (string, string, string) { return "DELETE", "/v1/adapters/more", "" },
		func(i int) (string, string, string) {
			return "POST", "/v1/predict", []string{`{"text":"a","adapter":"more"}`, `{"text":"a","adapter":"two","rank":99}`, `{"texts":[`, `{"text":"` + strings.Repeat("a", 900) + `"}`}[i%4]
		},
	} {
		disturbers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-over:
					return
				case <-time.After(time.Millisecond):
				}
				method, path, body := disturb(i)
				if w, got := ask(s, method, path, body); w.Code >= 500 {
					t.Errorf("%s %s: %d %s", method, path, w.Code, got)
				}
			}
		})
	}
	clients.Wait()
	close(over)
	disturbers.Wait()
	together.lock.Lock()
	defer together.lock.Unlock()
	if together.adapters < 4 || together.ranks < 4 || together.heads < 4 || together.n >= together.texts {
		t.Errorf("%d executions of %d texts; the most in one: %d adapters, %d ranks, %d heads", together.n, together.texts, together.adapters, together.ranks, together.heads)
	}
}

// honest asks questions, one or several in a request, and compares the answers.
func honest(t *testing.T, h *httptest.Server, questions []question, want map[question]string, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 3))
	post := func(body string) (string, bool) {
		resp, err := h.Client().Post(h.URL+"/v1/predict", "application/json", strings.NewReader(body))
		if err != nil {
			t.Error(err)
			return "", false
		}
		defer resp.Body.Close()
		b, err := io.ReadAll(resp.Body)
		return string(b), err == nil && resp.StatusCode == http.StatusOK
	}
	for range 12 {
		q := questions[random.IntN(len(questions))]
		if got, ok := post(q.body()); !ok || got != want[q] {
			t.Errorf("%+v: %s\nalone: %s", q, got, want[q])
		}
		var items, answers []string
		for i := range 1 + random.IntN(6) {
			q := questions[random.IntN(len(questions))]
			items = append(items, q.body())
			one := strings.TrimSuffix(strings.TrimPrefix(want[q], `{"results":[{"index":0`), "]}\n")
			answers = append(answers, fmt.Sprintf(`{"index":%d%s`, i, one))
		}
		if got, ok := post(`{"items":[` + strings.Join(items, ",") + `]}`); !ok || got != `{"results":[`+strings.Join(answers, ",")+"]}\n" {
			t.Errorf("%v: %s\nalone: %v", items, got, answers)
		}
	}
}
