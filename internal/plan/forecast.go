package plan

import (
	"fmt"
	"sync"
	"time"

	"github.com/dylora/dylora/internal/evaluate"
)

// forecast predicts how long the rest of the trainings takes: each as long as those of its task
// took on average, or, where none has ended yet, as those of all tasks.
type forecast struct {
	total, ended int
	jobs         int
	left         map[string]int // lines by task
	took         map[string]time.Duration
	count        map[string]int
}

func newForecast(lines []*Line, jobs int) *forecast {
	f := &forecast{total: len(lines), jobs: jobs, left: map[string]int{}, took: map[string]time.Duration{}, count: map[string]int{}}
	for _, l := range lines {
		f.left[taskOf(l)]++
	}
	return f
}

func taskOf(l *Line) string { return fmt.Sprint(l.Settings["task"]) }

func (f *forecast) note(o outcome) {
	task := taskOf(o.line)
	f.ended++
	f.left[task]--
	if o.state == Done {
		f.took[task] += o.took
		f.count[task]++
	}
}

// rest is 0 while nothing is known.
func (f *forecast) rest() time.Duration {
	var all, sum time.Duration
	n := 0
	for task, took := range f.took {
		all += took
		n += f.count[task]
	}
	if n == 0 {
		return 0
	}
	for task, left := range f.left {
		each := all / time.Duration(n)
		if f.count[task] > 0 {
			each = f.took[task] / time.Duration(f.count[task])
		}
		sum += each * time.Duration(left)
	}
	return sum / time.Duration(f.jobs)
}

// reached is what a finished line has reached at its largest rank.
func (r *Runner) reached(l *Line) string {
	res, err := result(l)
	if err != nil || len(res.Final) == 0 {
		return ""
	}
	full := 0
	for rank := range res.Final {
		full = max(full, rank)
	}
	return fmt.Sprintf(", %s %s at rank %d", evaluate.Heading(res.Metric), res.Final.text(res.Metric, full), full)
}

// text is the value at a rank as tables have it; "" where there is none.
func (s Scores) text(metric string, rank int) string {
	v, ok := s[rank]
	switch {
	case !ok:
		return ""
	case v == nil:
		return "undefined"
	}
	return evaluate.Text(metric, evaluate.Number(*v))
}

// tail keeps the end of what is written to it, and its beginning, where a crash is told.
type tail struct {
	mu         sync.Mutex
	head, rest []byte
}

// maxTail bounds each half of it in bytes.
const maxTail = 16 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := min(len(b), maxTail-len(t.head))
	t.head = append(t.head, b[:n]...)
	t.rest = append(t.rest, b[n:]...)
	if len(t.rest) > 2*maxTail {
		t.rest = append([]byte(nil), t.rest[len(t.rest)-maxTail:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.head) + string(t.rest)
}
