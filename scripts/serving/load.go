package serving

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Question is a request and what its answer has to be.
type Question struct {
	Body  []byte                    // of POST /v1/predict
	Check func(answer []byte) error // of an answer with status 200
}

// Load says how questions are asked: each once, in their order.
type Load struct {
	Connections int
	Rate        float64 // requests a second, at times drawn from a Poisson process; 0: each connection asks when it has its answer
	Seed        uint64  // of these times
}

// Outcome is what a load met with.
type Outcome struct {
	Latencies []time.Duration // of the right answers, the shortest first
	Elapsed   time.Duration   // from the first question to the last answer
	Failed    int             // without an answer, or with another status than 200
	Wrong     int             // with an answer that Check refuses
	First     error           // one of Failed or Wrong
	Own       time.Duration   // processor time of the generator
}

// Throughput is right answers a second.
func (o *Outcome) Throughput() float64 { return float64(len(o.Latencies)) / o.Elapsed.Seconds() }

// Quantile is the latency that a share q of the right answers has at most; 0 without answers.
func (o *Outcome) Quantile(q float64) time.Duration {
	n := len(o.Latencies)
	if n == 0 {
		return 0
	}
	return o.Latencies[min(n-1, max(0, int(math.Ceil(q*float64(n)))-1))]
}

// Ask asks all questions of the server at an address. Where Rate is given, a latency counts from when the question was due,
// whether or not a connection was free for it then: a server that is late for one does not make others look early.
func (l Load) Ask(ctx context.Context, address string, questions []Question) *Outcome {
	o := &Outcome{}
	due := l.arrivals(len(questions))
	transport := &http.Transport{MaxIdleConns: l.Connections, MaxIdleConnsPerHost: l.Connections, DisableCompression: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 2 * time.Minute}
	var next atomic.Int64
	var lock sync.Mutex
	var workers sync.WaitGroup
	before, start := processorTime(os.Getpid()), time.Now()
	for range l.Connections {
		workers.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(questions) {
					return
				}
				began := time.Now()
				if due != nil {
					began = start.Add(due[i])
					time.Sleep(time.Until(began))
				}
				err := ask(ctx, client, address, questions[i])
				took := time.Since(began)
				lock.Lock()
				o.add(took, err)
				lock.Unlock()
			}
		})
	}
	workers.Wait()
	o.Elapsed, o.Own = time.Since(start), processorTime(os.Getpid())-before
	slices.Sort(o.Latencies)
	return o
}

func (o *Outcome) add(took time.Duration, err error) {
	var wrong *wrongAnswer
	switch {
	case err == nil:
		o.Latencies = append(o.Latencies, took)
		return
	case errors.As(err, &wrong):
		o.Wrong++
	default:
		o.Failed++
	}
	if o.First == nil {
		o.First = err
	}
}

// arrivals are the times after the start when questions are due; nil without a rate.
func (l Load) arrivals(n int) []time.Duration {
	if l.Rate == 0 {
		return nil
	}
	random := rand.New(rand.NewPCG(l.Seed, 0))
	due, at := make([]time.Duration, n), 0.0
	for i := range due {
		at += random.ExpFloat64() / l.Rate
		due[i] = time.Duration(at * float64(time.Second))
	}
	return due
}

// wrongAnswer is an answer that is not the expected one.
type wrongAnswer struct{ error }

func ask(ctx context.Context, client *http.Client, address string, q Question) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+address+"/v1/predict", bytes.NewReader(q.Body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %.300s", answer.StatusCode, body)
	}
	if err := q.Check(body); err != nil {
		return &wrongAnswer{fmt.Errorf("%w: asked %.300s, answered %.300s", err, q.Body, body)}
	}
	return nil
}
