package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"time"

	"github.com/dylora/dylora/scripts/serving"
)

// inFlight is how long before SIGTERM a request has to be on its way to count as accepted: the server has read it then.
const inFlight = 100 * time.Millisecond

// ask asks questions until the server has ended.
func (s *soak) ask(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		n := 1
		if random.IntN(4) == 0 {
			n = 2 + random.IntN(30)
		}
		asks := make([]serving.Ask, n)
		for i := range asks {
			asks[i] = s.asks[random.IntN(len(s.asks))]
		}
		if !s.askOnce(ctx, asks) {
			return
		}
	}
}

// askOnce asks for one or several texts in one request, and judges the answer; false: the server takes no more.
func (s *soak) askOnce(ctx context.Context, asks []serving.Ask) bool {
	body := asks[0].Body()
	if len(asks) > 1 {
		body = items(asks)
	}
	var sent time.Time
	trace := &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { sent = time.Now() }}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, s.url("/v1/predict"), bytes.NewReader(body))
	if err != nil {
		s.note(&s.report.Odd, "%v", err)
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(r)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(answer.Body)
		_ = answer.Body.Close() // read
	}
	s.lock.Lock()
	term := s.term
	s.lock.Unlock()
	if err != nil {
		if term.IsZero() || !sent.IsZero() && sent.Before(term.Add(-inFlight)) || answer != nil {
			s.note(&s.report.Lost, "%v", err)
			return term.IsZero() && ctx.Err() == nil
		}
		s.count(&s.report.AtTheEnd)
		return false
	}
	s.judge(asks, answer.StatusCode, text, !term.IsZero())
	return true
}

// judge compares the answer to asks.
func (s *soak) judge(asks []serving.Ask, status int, body []byte, ending bool) {
	comesAndGoes := slices.ContainsFunc(asks, func(a serving.Ask) bool { return slices.Contains(come, a.Adapter) })
	switch {
	case status == http.StatusOK:
		if err := s.compare(asks, body); err != nil {
			s.note(&s.report.Wrong, "%v", err)
			return
		}
		s.count(&s.report.Answers)
		if len(asks) > 1 {
			s.count(&s.report.Batches)
		}
	case status == http.StatusNotFound && comesAndGoes && problem(body) == "no_adapter":
		s.count(&s.report.Absent)
	case status == http.StatusTooManyRequests && problem(body) == "busy":
		s.count(&s.report.Busy)
	case status == http.StatusServiceUnavailable && ending && problem(body) != "":
		s.count(&s.report.AtTheEnd)
	default:
		s.note(&s.report.Odd, "an honest client got status %d: %.300s", status, body)
	}
}

// compare holds the answer's results against what is expected, bit for bit and in their order.
func (s *soak) compare(asks []serving.Ask, body []byte) error {
	var got struct {
		Results []struct {
			Index       int
			Adapter     string
			Rank        int
			Label       string
			Probability float64
		}
	}
	if err := json.Unmarshal(body, &got); err != nil {
		return fmt.Errorf("%w: %.300s", err, body)
	}
	if len(got.Results) != len(asks) {
		return fmt.Errorf("%d results for %d texts", len(got.Results), len(asks))
	}
	for i, a := range asks {
		r, want := got.Results[i], s.answers[a]
		if r.Index != i || r.Adapter != a.Adapter || a.Rank != 0 && r.Rank != a.Rank || r.Label != want.Label || r.Probability != want.Probability {
			return fmt.Errorf("%q of %s at rank %d: %+v, want %+v", a.Text, a.Adapter, a.Rank, r, want)
		}
	}
	return nil
}

// items is a request of several texts, each with its adapter and rank.
func items(asks []serving.Ask) []byte {
	parts := make([]string, len(asks))
	for i, a := range asks {
		parts[i] = string(a.Body())
	}
	return []byte(`{"items":[` + strings.Join(parts, ",") + `]}`)
}

// problem is the code of an error's body; "" if it is none.
func problem(body []byte) string {
	var p struct {
		Error struct{ Code, Message string }
	}
	if json.Unmarshal(body, &p) != nil || p.Error.Message == "" {
		return ""
	}
	return p.Error.Code
}

func (s *soak) url(path string) string { return "http://" + s.process.Address + path }

// loadAndUnload loads an adapter and unloads it again, until ctx ends.
func (s *soak) loadAndUnload(ctx context.Context, random *rand.Rand, name string) {
	for ctx.Err() == nil {
		if !s.change(http.MethodPut, name, http.StatusCreated) {
			return
		}
		pause(ctx, time.Duration(random.IntN(100))*time.Millisecond)
		if !s.change(http.MethodDelete, name, http.StatusNoContent) {
			return
		}
		s.count(&s.report.Loads)
		pause(ctx, time.Duration(random.IntN(50))*time.Millisecond)
	}
}

// change loads or unloads an adapter; the context of the run does not end it half way.
func (s *soak) change(method, name string, want int) bool {
	r, err := http.NewRequest(method, s.url("/v1/adapters/"+name), strings.NewReader("{}"))
	if err != nil {
		s.note(&s.report.Odd, "%v", err)
		return false
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := s.client.Do(r)
	if err != nil {
		s.note(&s.report.Lost, "%s %s: %v", method, name, err)
		return false
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if answer.StatusCode != want || err != nil {
		s.note(&s.report.Odd, "%s %s: status %d, %v: %.300s", method, name, answer.StatusCode, err, body)
		return false
	}
	return true
}
