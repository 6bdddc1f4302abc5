package nest

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/dylora/dylora/internal/adapter"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// drawn are the settings of a run that say how ranks are drawn and watched. LoRA's own are for one rank, so
// that of a nested training are those of the recipe unless the user says others.
var drawn = []string{"r_min", "sampler", "block", "update", "ranks_per_step", "eval_ranks", "gate", "row_lr", "new_head"}

// early are the settings of what comes before ranks are nested, which is done.
var early = []string{"full_rank_phase", "resort", "distill"}

// Tuning are the settings of a training of so many steps that goes on from the nested adapter of a, which is in
// folder. They are those of a's own run as far as they do not say how ranks are drawn, or without a run the task's recipe; layers are what
// the user says. What the adapter settles, its rank, scale and targets, must not be said otherwise.
func Tuning(env *session.Env, a *session.StoredAdapter, folder string, steps int, layers ...*settings.Layer) (*settings.Resolved, error) {
	remembered, err := a.Remembered()
	if err != nil {
		return nil, err
	}
	run := settings.NewLayer(settings.Recipe)
	if a.Run != "" {
		if run, err = settings.FileLayer(settings.Recipe, filepath.Join(a.Run, train.SettingsName)); err != nil {
			return nil, err
		}
		var other []string
		if run, other, err = a.LocatedLayer(run, layers); err != nil {
			return nil, err
		}
		for _, line := range other {
			env.Say("other data than in training: " + line)
		}
		remembered = remembered.Without("task", "dev_file", "data_dir") // run has them
	}
	n := a.Adapter.Levelled()
	own := settings.NewLayer(settings.Flag)
	for key, value := range map[string]any{
		"rank": n.Rank, "alpha": n.Alpha, "scaling": adapter.Constant.String(), "targets": strings.Join(n.Targets(), ","),
		"init_adapter": folder, "max_steps": steps,
	} {
		for _, l := range layers {
			if _, said := l.Value(key); said {
				return nil, fault.Usagef("%s: %s is settled by the adapter and the number of steps: leave it out (%s)", key, key, l.Place(key))
			}
		}
		own.Set(key, a.Path, value)
	}
	own.Set("epochs", a.Path, steps)             // enough of them: an epoch has a step at least
	own.Set("allow_changed_data", a.Path, false) // it is a new run, with data of its own
	remembered.Origin = settings.Recipe
	below := []*settings.Layer{run.Without(slices.Concat(drawn, own.Keys())...), settings.DefaultsOf(settings.Recipe, a.Path, early...), remembered}
	return settings.WithRecipe(append(append(below, layers...), own)...)
}
