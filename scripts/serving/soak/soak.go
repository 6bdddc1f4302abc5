// Package soak runs dylora serve under everything that clients do to a server, at once: honest clients compare every answer bit for
// bit, others send broken requests, adapters are loaded and unloaded, and SIGTERM comes while all of it goes on.
package soak

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/dylora/dylora/scripts/serving"
)

// Options say what is run, and for how long.
type Options struct {
	Dylora      []string // the program
	Environment []string // variables of it besides this process's
	Model       string   // folder of the base model
	Dir         string   // an empty folder, for adapters
	Duration    time.Duration
	Clients     int // honest ones; default 8
	Seed        uint64
	Texts       []string
}

// Report is what happened. Sound judges it.
type Report struct {
	Answers  int            // right ones
	Batches  int            // requests of several texts among those
	Absent   int            // asked of an adapter that was not loaded just then, and told so
	Busy     int            // refused because too many waited
	Loads    int            // adapters loaded, and unloaded again
	Faults   map[string]int // broken requests, by what is wrong with them
	AtTheEnd int            // refused because SIGTERM had come

	Wrong []string // answers that are not the expected ones
	Lost  []string // requests without an answer that were sent before SIGTERM
	Odd   []string // other answers than a broken request, a load or an unload has to get

	Resident []int64 // bytes of the server, ten times a second
	Exit     error   // of the server; nil for code 0
	Said     string
}

// The adapters that are there from the start, and those that come and go, with their ranks.
var (
	stay = []string{"a1", "a2"}
	come = []string{"a3", "a4"}
)

func ranks() []int { return []int{4, 8, 2, 3} }

// soak is a run.
type soak struct {
	Options
	process *serving.Process
	client  *http.Client
	answers map[serving.Ask]serving.Answer
	asks    []serving.Ask // the keys of answers

	lock   sync.Mutex
	report Report
	term   time.Time // when SIGTERM was sent; zero: it was not
}

// Run runs the server for the duration, and ends it.
func Run(ctx context.Context, o Options) (*Report, error) {
	if o.Clients == 0 {
		o.Clients = 8
	}
	s := &soak{Options: o, report: Report{Faults: map[string]int{}}}
	if err := s.prepare(ctx); err != nil {
		return nil, err
	}
	command := append(append([]string{}, o.Dylora...), "serve", "--listen", "ADDRESS", "--model", o.Model, "--adapters-dir", o.Dir)
	for _, name := range stay {
		command = append(command, name+"="+filepath.Join(o.Dir, name))
	}
	var err error
	if s.process, err = serving.Start(ctx, o.Environment, command...); err != nil {
		return nil, err
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * o.Clients}
	defer transport.CloseIdleConnections()
	s.client = &http.Client{Transport: transport, Timeout: time.Minute}

	honest, stop := context.WithCancel(ctx) // ends when the server has ended
	defer stop()
	hostile, calm := context.WithCancel(ctx) // ends with SIGTERM: what the broken requests get from then on is not told apart
	defer calm()
	var others, clients sync.WaitGroup
	for i := range o.Clients {
		clients.Go(func() { s.ask(honest, s.random(uint64(i))) })
	}
	for i, name := range come {
		others.Go(func() { s.loadAndUnload(hostile, s.random(100+uint64(i)), name) })
	}
	for i := range 3 {
		others.Go(func() { s.harm(hostile, s.random(200+uint64(i))) })
	}
	others.Go(func() { s.watch(hostile) })
	select {
	case <-time.After(o.Duration):
	case <-s.process.Ended():
		s.note(&s.report.Odd, "the server ended by itself")
	case <-ctx.Done():
	}
	calm()
	others.Wait()
	s.lock.Lock()
	s.term = time.Now()
	s.lock.Unlock()
	s.report.Exit = s.process.Stop(syscall.SIGTERM)
	stop()
	clients.Wait()
	s.report.Said = s.process.Said()
	return &s.report, ctx.Err()
}

func (s *soak) random(stream uint64) *rand.Rand { return rand.New(rand.NewPCG(s.Seed, stream)) }

// prepare writes the adapters and computes what each answers to every text at every rank.
func (s *soak) prepare(ctx context.Context) error {
	folders, err := serving.Random(s.Dir, s.Model, s.Seed, ranks()...)
	if err != nil {
		return err
	}
	adapters := map[string]string{}
	for i, folder := range folders {
		name := filepath.Base(folder)
		adapters[name] = folder
		for _, text := range s.Texts {
			for rank := range ranks()[i] + 1 { // 0: none is named
				s.asks = append(s.asks, serving.Ask{Text: text, Adapter: name, Rank: rank})
			}
		}
	}
	s.answers, err = serving.Answers(ctx, s.Model, adapters, s.asks)
	return err
}

// watch measures memory until ctx ends.
func (s *soak) watch(ctx context.Context) {
	for ctx.Err() == nil {
		if now, _ := s.process.Memory(); now > 0 {
			s.report.Resident = append(s.report.Resident, now)
		}
		pause(ctx, 100*time.Millisecond)
	}
}

// Memory are the median and the largest resident bytes of the first third of the run and of the last: medians say whether
// memory grows, and the largest value of many says it too late or too early, as Go's collector runs when it likes.
func (r *Report) Memory() (first, last, firstPeak, lastPeak int64) {
	n := len(r.Resident)
	if n < 3 {
		return 0, 0, 0, 0
	}
	a, b := slices.Clone(r.Resident[:n/3]), slices.Clone(r.Resident[n-n/3:])
	slices.Sort(a)
	slices.Sort(b)
	return a[len(a)/2], b[len(b)/2], a[len(a)-1], b[len(b)-1]
}

// pause sleeps, or less where ctx ends.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// note adds to one of the lists, up to a bound.
func (s *soak) note(list *[]string, format string, args ...any) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if len(*list) < 1000 {
		*list = append(*list, fmt.Sprintf(format, args...))
	}
}

// count adds to a number.
func (s *soak) count(n *int) {
	s.lock.Lock()
	defer s.lock.Unlock()
	*n++
}

// slack is what memory may grow by: Go's collector keeps what it may need again.
func slack(first int64) int64 { return first/10 + 16<<20 }

// Sound is nil if the run is one that a server has to pass.
func (r *Report) Sound() error {
	var all []error
	for _, l := range []struct {
		what string
		list []string
	}{{"wrong answers", r.Wrong}, {"requests lost", r.Lost}, {"answers of another kind than has to come", r.Odd}} {
		if len(l.list) > 0 {
			all = append(all, fmt.Errorf("%d %s, the first: %s", len(l.list), l.what, l.list[0]))
		}
	}
	if r.Exit != nil {
		all = append(all, fmt.Errorf("the server's end: %w", r.Exit))
	}
	if first, last, _, _ := r.Memory(); last > first+slack(first) || first == 0 {
		all = append(all, fmt.Errorf("memory has grown from %d to %d MiB", first>>20, last>>20))
	}
	if r.Answers == 0 || r.Batches == 0 || r.Loads == 0 || len(r.Faults) == 0 {
		all = append(all, fmt.Errorf("%d answers, %d batches, %d loads and %d kinds of broken requests: one of these has not happened", r.Answers, r.Batches, r.Loads, len(r.Faults)))
	}
	for _, word := range []string{"panic", "DATA RACE"} {
		if strings.Contains(r.Said, word) {
			all = append(all, fmt.Errorf("the server said: %s", r.Said))
		}
	}
	return errors.Join(all...)
}
