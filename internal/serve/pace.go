package serve

import (
	"sync"
	"time"
)

// pace estimates how long a queue takes, from the texts that were answered in the last seconds.
type pace struct {
	lock  sync.Mutex
	since time.Time
	texts float64 // answered since, of those before half
}

// paceWindow is how long texts count fully.
const paceWindow = 10 * time.Second

// add counts answered texts.
func (p *pace) add(texts int) {
	p.lock.Lock()
	defer p.lock.Unlock()
	now := time.Now()
	switch age := now.Sub(p.since); {
	case p.since.IsZero() || age > 10*paceWindow:
		p.since, p.texts = now, 0
	case age > paceWindow:
		p.since, p.texts = now.Add(-age/2), p.texts/2
	}
	p.texts += float64(texts)
}

// wait is how long so many texts take, between a second and a minute.
func (p *pace) wait(texts int) time.Duration {
	p.lock.Lock()
	defer p.lock.Unlock()
	took := time.Since(p.since)
	if p.since.IsZero() || p.texts == 0 {
		return time.Second
	}
	return min(max(time.Duration(float64(took)/p.texts*float64(texts)), time.Second), time.Minute)
}
