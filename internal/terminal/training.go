package terminal

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/train"
)

// Training shows a run: on a terminal a bar with loss, rank, speed and the time that
// is left; everywhere one line per evaluation.
type Training struct {
	talk   io.Writer
	steps  int
	epochs int
	bar    *progressbar.ProgressBar // nil off a terminal

	mark     time.Time     // end of the last thing that was no step
	learning time.Duration // in steps
	examples int
	loss     float64 // smoothed over about 20 steps
}

// NewTraining shows a run of so many steps and epochs on talk.
func NewTraining(talk io.Writer, steps, epochs int) *Training {
	p := &Training{talk: talk, steps: steps, epochs: epochs, mark: time.Now()}
	if Is(talk) {
		p.bar = progressbar.NewOptions(steps,
			progressbar.OptionSetWriter(talk),
			progressbar.OptionShowCount(),
			progressbar.OptionClearOnFinish(),
			progressbar.OptionSetPredictTime(true),
			progressbar.OptionThrottle(100*time.Millisecond),
		)
	}
	return p
}

// Hook is what the loop calls.
func (p *Training) Hook() train.Hook {
	return train.Hook{Name: "progress", Step: p.step, Evaluated: p.evaluated}
}

func (p *Training) step(_ *train.Loop, s train.Step) error {
	now := time.Now()
	p.learning += now.Sub(p.mark)
	p.mark = now
	p.examples += s.Examples
	if p.loss == 0 {
		p.loss = s.Loss
	}
	p.loss += (s.Loss - p.loss) / 20
	if p.bar != nil {
		p.bar.Describe(fmt.Sprintf("loss %.3f, rank %s, %.0f examples/s", p.loss, ranksText(s.Ranks), p.speed()))
		_ = p.bar.Set(s.Step) // a bar that cannot be drawn is no reason to stop
	}
	return nil
}

func (p *Training) evaluated(_ *train.Loop, e train.Evaluated) error {
	values := make([]string, len(e.Values))
	for i, v := range e.Values {
		values[i] = fmt.Sprintf("%d: %s", v.Rank, evaluate.Text(e.Metric, evaluate.Number(v.Value)))
	}
	mark := ""
	if e.Best {
		mark = ", best so far"
	}
	p.clear()
	fmt.Fprintf(p.talk, "epoch %d of %d, step %d of %d, loss %.3f, %.0f examples/s; dev %s by rank %s%s\n",
		e.Epoch, p.epochs, e.Step, p.steps, p.loss, p.speed(), evaluate.Heading(e.Metric), strings.Join(values, ", "), mark)
	p.mark = time.Now()
	return nil
}

// speed is examples learnt per second, evaluations aside.
func (p *Training) speed() float64 {
	return float64(p.examples) / max(p.learning.Seconds(), 1e-9)
}

func (p *Training) clear() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}

// End takes the bar off the screen.
func (p *Training) End() { p.clear() }

func ranksText(ranks []int) string {
	switch len(ranks) {
	case 0:
		return "none"
	case 1:
		return fmt.Sprint(ranks[0])
	}
	return fmt.Sprintf("%d to %d", ranks[0], ranks[len(ranks)-1])
}
