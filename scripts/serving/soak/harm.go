package soak

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/dylora/dylora/scripts/serving"
)

// harm sends broken requests until ctx ends, of each kind in turn.
func (s *soak) harm(ctx context.Context, random *rand.Rand) {
	steady := slices.DeleteFunc(slices.Clone(s.asks), func(a serving.Ask) bool { return slices.Contains(come, a.Adapter) })
	for ctx.Err() == nil {
		asks := make([]serving.Ask, 1+random.IntN(4))
		for i := range asks {
			asks[i] = steady[random.IntN(len(steady))]
		}
		all := faults(random, asks)
		names := slices.Sorted(maps.Keys(all))
		random.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
		for _, name := range names {
			if ctx.Err() != nil {
				return
			}
			if err := s.send(ctx, all[name]); err != nil {
				s.note(&s.report.Odd, "%s: %v", name, err)
			}
			s.lock.Lock()
			s.report.Faults[name]++
			s.lock.Unlock()
			pause(ctx, time.Duration(random.IntN(10))*time.Millisecond)
		}
	}
}

// send opens a connection, sends a fault, and compares what comes back. Answers that are wrong, not only odd, are noted as such.
func (s *soak) send(ctx context.Context, f fault) error {
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", s.process.Address)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		return err
	}
	written := make(chan struct{})
	go func() {
		defer close(written)
		write(conn, f)
	}()
	if f.leave {
		<-written
		return nil
	}
	r := bufio.NewReader(conn)
	for _, a := range f.whole {
		status, body, err := next(r)
		if err != nil {
			s.note(&s.report.Lost, "a whole request before a broken one: %v", err)
			return nil
		}
		if status == http.StatusTooManyRequests {
			continue
		}
		if status != http.StatusOK {
			return fmt.Errorf("a whole request before a broken one got status %d: %.300s", status, body)
		}
		if err := s.compare([]serving.Ask{a}, body); err != nil {
			s.note(&s.report.Wrong, "%v", err)
		}
	}
	if tcp, ok := conn.(*net.TCPConn); ok && f.close { // not earlier: an answer is not computed for who has gone
		<-written
		_ = tcp.CloseWrite() // an error: the server has closed already
	}
	status, body, err := next(r)
	switch {
	case f.status == 0:
		if err == nil && status == http.StatusOK {
			return fmt.Errorf("status 200: %.300s", body)
		}
		return nil
	case err != nil:
		return err
	case status != f.status || f.code != "" && problem(body) != f.code:
		return fmt.Errorf("status %d: %.300s, want %d with code %q", status, body, f.status, f.code)
	}
	return nil
}

// write sends the bytes of a fault. An error ends it: the server may answer, and stop reading, before all is sent.
func write(conn net.Conn, f fault) {
	for _, a := range f.whole {
		if _, err := io.WriteString(conn, whole("POST", "/v1/predict", string(a.Body()))); err != nil {
			return
		}
	}
	if !f.slow {
		_, _ = io.WriteString(conn, f.broken)
		return
	}
	for i := range len(f.broken) {
		if _, err := io.WriteString(conn, f.broken[i:i+1]); err != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// next reads an answer.
func next(r *bufio.Reader) (status int, body []byte, err error) {
	answer, err := http.ReadResponse(r, nil)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}
