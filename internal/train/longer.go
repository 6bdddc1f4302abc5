package train

import (
	"fmt"
	"strings"

	"github.com/dylora/dylora/internal/fault"
)

// A run that is at its end can be made longer: resumed with more epochs, or a larger max_steps, it goes on from
// its last checkpoint, with its values, moments, average and best epoch. The steps that it has taken stay as they
// are, at the learning rates of the shorter run. The steps that follow have the learning rate, the examples, ranks and dropout
// that a run of the new length has at them; so the learning rate, 0 at the end of the shorter run, rises once more. That makes
// the outcome a function of the two lengths: wherever the longer run is stopped and resumed, it ends with the same bits. They are not
// those of a run that had the larger length from the beginning.

// lengthKeys are the parts of a Config that say how long a run is.
func lengthKeys() []string { return []string{"epochs", "max_steps"} }

// ofLength is a checkpoint's config with the length of the other one, and says whether its own differs.
func ofLength(was, is map[string]any) (map[string]any, bool) {
	same, differs := map[string]any{}, false
	for key, v := range was {
		same[key] = v
	}
	for _, key := range lengthKeys() {
		if v, ok := is[key]; ok {
			differs = differs || fmt.Sprint(same[key]) != fmt.Sprint(v)
			same[key] = v
		}
	}
	return same, differs
}

// checkLonger refuses a checkpoint of a run of another length that cannot become one of l's.
func (l *Loop) checkLonger(m *manifest) error {
	epochs, _ := m.Config["epochs"].(float64)
	most, _ := m.Config["max_steps"].(float64)
	before := l.stepsOf(int(epochs), int(most))
	mine, err := l.config.fields()
	if err != nil {
		return err
	}
	changes := strings.Join(differences(m.Config, mine), ", ")
	early := l.config.Patience > 0 && m.State.Stale >= l.config.Patience
	switch {
	case l.Steps() <= before:
		return fault.Usagef("resume: %s: that makes %d steps, and the run has %d: only more can follow", changes, l.Steps(), before)
	case m.State.Closed == m.State.Step && early:
		return fault.Usagef("resume: %s: the run ended after step %d because %d epochs were not better (patience), and more epochs would end at once", changes, m.State.Step, m.State.Stale)
	case m.State.Step != before || m.State.Closed != before:
		return fault.Because(NotFinished, fault.Usagef("resume: %s: the run is at step %d of %d, and only a run at its end is made longer", changes, m.State.Step, before))
	case l.config.FullRankPhase > 0:
		return fault.Usagef("resume: %s: full_rank_phase is a share of the run's %d steps, which cannot change afterwards", changes, before)
	}
	return nil
}
