package terminal

import (
	"fmt"
	"strings"
	"time"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/train"
)

// Training shows a run: how far it is, with loss, rank and speed, and one line per evaluation.
type Training struct {
	work   *Progress
	epochs int

	mark     time.Time     // end of the last thing that was no step
	learning time.Duration // in steps
	examples int
	loss     float64 // smoothed over about 20 steps
}

// Training begins to show a run of so many steps and epochs.
func (s *Screen) Training(steps, epochs int) *Training {
	return &Training{work: s.Progress("train", "steps", steps), epochs: epochs, mark: s.now()}
}

// Hook is what the loop calls.
func (p *Training) Hook() train.Hook {
	return train.Hook{Name: "progress", Step: p.step, Evaluated: p.evaluated}
}

func (p *Training) step(_ *train.Loop, s train.Step) error {
	now := p.work.screen.now()
	p.learning += now.Sub(p.mark)
	p.mark = now
	if p.examples == 0 {
		p.loss, p.work.from = s.Loss, s.Step-1
	}
	p.examples += s.Examples
	p.loss += (s.Loss - p.loss) / 20
	p.work.rate = fmt.Sprintf("%.0f examples/s", p.speed())
	p.work.detail = fmt.Sprintf("loss %.3f, rank %s", p.loss, ranksText(s.Ranks))
	p.work.At(s.Step)
	return nil
}

func (p *Training) evaluated(_ *train.Loop, e train.Evaluated) error {
	values := byRank(e.Metric, e.Values)
	if e.By != nil {
		values += "; " + byRank(e.By.Metric, e.By.Values)
	}
	mark := ""
	if e.Best {
		mark = ", best so far"
	}
	p.work.screen.Say(fmt.Sprintf("epoch %d of %d, step %d of %d, loss %.3f, %.0f examples/s; dev %s%s",
		e.Epoch, p.epochs, e.Step, p.work.total, p.loss, p.speed(), values, mark))
	p.mark = p.work.screen.now()
	return nil
}

// byRank are the values of a metric in words.
func byRank(metric string, values train.Values) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = fmt.Sprintf("%d: %s", v.Rank, evaluate.Text(metric, evaluate.Number(v.Value)))
	}
	return fmt.Sprintf("%s by rank %s", evaluate.Heading(metric), strings.Join(texts, ", "))
}

// speed is examples learnt per second, evaluations aside.
func (p *Training) speed() float64 {
	return float64(p.examples) / max(p.learning.Seconds(), 1e-9)
}

// End takes the bar off the screen and tells how long training took, of a run that took long enough to wait for.
func (p *Training) End() {
	p.work.End()
	if p.learning >= time.Second {
		p.work.screen.Say(fmt.Sprintf("%d examples in %s of training, %.0f examples/s", p.examples, Duration(p.learning), p.speed()))
	}
}

func ranksText(ranks []int) string {
	switch len(ranks) {
	case 0:
		return "none"
	case 1:
		return fmt.Sprint(ranks[0])
	}
	return fmt.Sprintf("%d to %d", ranks[0], ranks[len(ranks)-1])
}
