package serving

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// server answers as h says, and gives its address.
func server(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return strings.TrimPrefix(s.URL, "http://")
}

// questions are n that want their own number back.
func questions(n int) (list []Question) {
	for i := range n {
		text := fmt.Sprint(i)
		list = append(list, Question{Body: []byte(text), Check: func(answer []byte) error {
			if string(answer) != text {
				return errors.New("another's answer")
			}
			return nil
		}})
	}
	return list
}

// Each question is asked once; failures and wrong answers are counted, and are in no latency.
func TestAsk(t *testing.T) {
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		switch string(b) {
		case "3", "7":
			b = []byte("0")
		case "5":
			w.WriteHeader(http.StatusTooManyRequests)
		}
		_, _ = w.Write(b)
	})
	o := Load{Connections: 4}.Ask(t.Context(), address, questions(200))
	if len(o.Latencies) != 197 || o.Wrong != 2 || o.Failed != 1 || o.First == nil || o.Throughput() <= 0 {
		t.Errorf("%d right, %d wrong, %d failed, first %v", len(o.Latencies), o.Wrong, o.Failed, o.First)
	}
}

// A question that has to wait for a connection is late from when it was due, not from when it was asked.
func TestAskLate(t *testing.T) {
	var at atomic.Int64
	address := server(t, func(w http.ResponseWriter, r *http.Request) {
		if at.Add(1) == 1 {
			time.Sleep(200 * time.Millisecond)
		}
		_, _ = io.Copy(w, r.Body)
	})
	o := Load{Connections: 1, Rate: 1000, Seed: 1}.Ask(t.Context(), address, questions(50)) // all are due within the first 0.2 s
	if len(o.Latencies) != 50 || o.Quantile(0.5) < 100*time.Millisecond {
		t.Errorf("%d answers, p50 %v: that of those that waited has to be long", len(o.Latencies), o.Quantile(0.5))
	}
}

// Times of requests have the mean that their rate says, and are the seed's.
func TestArrivals(t *testing.T) {
	due := Load{Rate: 100, Seed: 7}.arrivals(10000)
	if mean := due[9999].Seconds() / 10000; mean < 0.0095 || mean > 0.0105 {
		t.Errorf("%v s between requests, want 0.01", mean)
	}
	if again := (Load{Rate: 100, Seed: 7}).arrivals(10000); again[77] != due[77] {
		t.Error("the same seed gives other times")
	}
	if (Load{}).arrivals(3) != nil {
		t.Error("a closed load has times")
	}
}

func TestQuantile(t *testing.T) {
	o := &Outcome{}
	if o.Quantile(0.5) != 0 {
		t.Error("a quantile of nothing")
	}
	for i := range 100 {
		o.Latencies = append(o.Latencies, time.Duration(i+1))
	}
	for q, want := range map[float64]time.Duration{0: 1, 0.5: 50, 0.99: 99, 1: 100} {
		if got := o.Quantile(q); got != want {
			t.Errorf("quantile %v: %d, want %d", q, got, want)
		}
	}
}

func TestCheck(t *testing.T) {
	want := Answer{"yes", 0.75}
	for _, tt := range []struct {
		body string
		off  float64
		good bool
	}{
		{`{"results":[{"label":"yes","probability":0.75}]}`, 0, true},
		{`{"results":[{"label":"yes","probability":0.7500000000000001}]}`, 0, false},
		{`{"results":[{"label":"yes","probability":0.751}]}`, 0.002, true},
		{`{"results":[{"label":"no","probability":0.75}]}`, 0.002, false},
		{`{"results":[]}`, 1, false},
		{`{"results":[{},{}]}`, 1, false},
		{`no`, 1, false},
	} {
		if err := want.Check([]byte(tt.body), tt.off); (err == nil) != tt.good {
			t.Errorf("%s, off by up to %v: %v", tt.body, tt.off, err)
		}
	}
	if err := (Answer{"yes", 0.5005}).Check([]byte(`{"results":[{"label":"no","probability":0.5001}]}`), 0.002); err != nil {
		t.Errorf("either label is right where both are as probable: %v", err)
	}
	var q map[string]any
	if err := json.Unmarshal(Ask{Text: "a \"b\"", Adapter: "x", Rank: 2}.Body(), &q); err != nil || q["text"] != "a \"b\"" || q["rank"] != 2.0 || q["adapter"] != "x" {
		t.Errorf("%v, %v", q, err)
	}
}
