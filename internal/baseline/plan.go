package baseline

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
	"github.com/dylora/dylora/internal/finetune"
	"github.com/dylora/dylora/internal/schema"
	"github.com/dylora/dylora/internal/session"
	"github.com/dylora/dylora/internal/settings"
	"github.com/dylora/dylora/internal/train"
)

// Folder is where a run keeps its baselines, each a run folder.
const Folder = "baselines"

// nested are the settings that only a nested training has. LoRA has the others of the adapter's run.
var nested = []string{
	"r_min", "sampler", "block", "update", "ranks_per_step", "eval_ranks", "scaling", "heads", "gate",
	"full_rank_phase", "resort", "row_lr", "distill", "init_adapter", "rank",
}

// Plan is what has to be trained and measured to compare an adapter.
type Plan struct {
	adapter   *session.StoredAdapter
	kinds     []Kind
	ranks     []int
	layers    []*settings.Layer // of the user
	run       *settings.Layer   // of the adapter's training, without what is nested
	full      int               // rank of the smallest projection
	trainings []training        // each once
	own       *training         // what the adapter's run itself is, if it is the training of a baseline
	other     []string          // a line for each file of data that is not the one that the adapter was trained with
}

// NewPlan plans the comparison of an adapter at some ranks. layers are what the user says of data and machine. An adapter
// without a run, or whose training started from another adapter, which has one rank, is fault.Usage.
func NewPlan(a *session.StoredAdapter, kinds []Kind, ranks []int, layers []*settings.Layer) (*Plan, error) {
	if a.Run == "" {
		return nil, fault.Because(NoRun, fault.Usagef("%s: it is in no run folder, so the settings that baselines are trained with are not known", a.Path))
	}
	file := filepath.Join(a.Run, train.SettingsName)
	run, err := settings.FileLayer(settings.Recipe, file)
	if err == nil {
		err = run.Err()
	}
	if err != nil {
		return nil, fault.Errorf(fault.Invalid, "%w", err)
	}
	if from, _ := run.Value("init_adapter"); from != nil && from != "" {
		return nil, fault.Usagef("%s: the training started from the adapter %v, and baselines of other ranks could not: compare one that started from nothing", file, from)
	}
	run, other, err := a.LocatedLayer(run, layers)
	if err != nil {
		return nil, err
	}
	whole := run
	p := &Plan{other: other, adapter: a, kinds: kinds, ranks: ranks, run: run.Without(nested...)}
	if best, _ := run.Value("best"); isNumber(best) { // a rank, which the baselines may not have
		p.run = p.run.Without("best")
	}
	for _, l := range layers {
		p.layers = append(p.layers, l.Only(schema.Free).Without(nested...))
	}
	for _, m := range a.Adapter.Modules {
		if full := min(m.In, m.Out); p.full == 0 || full < p.full {
			p.full = full
		}
	}
	for _, k := range kinds {
		for _, t := range k.trainings(ranks, a.Adapter.Rank, p.full) {
			if !slices.Contains(p.trainings, t) {
				p.trainings = append(p.trainings, t)
			}
			if len(other) == 0 && t.rank == a.Adapter.Rank && t.isRun(whole) {
				p.own = &t
			}
		}
	}
	slices.SortStableFunc(p.trainings, func(x, y training) int { return cmp.Compare(x.rank, y.rank) })
	return p, p.check()
}

func isNumber(v any) bool {
	_, err := strconv.Atoi(fmt.Sprint(v))
	return err == nil
}

// dir is the run folder of a training: the adapter's own, if that is what it is.
func (p *Plan) dir(t training) string {
	if p.own != nil && *p.own == t {
		return p.adapter.Run
	}
	return filepath.Join(p.adapter.Run, Folder, t.name)
}

// isRun says whether a run of the adapter's rank, of these settings, is the training: it may have evaluated other ranks.
func (t training) isRun(run *settings.Layer) bool {
	want := settings.DefaultsOf(settings.Recipe, "", nested...)
	for key, value := range t.says() {
		want.Set(key, "", value)
	}
	return !slices.ContainsFunc(nested, func(key string) bool {
		is, said := run.Value(key)
		should, _ := want.Value(key)
		return key != "eval_ranks" && said && is != should
	})
}

// settingsOf are the layers of a training's settings, weakest first.
func (p *Plan) settingsOf(t training) []*settings.Layer {
	own := settings.DefaultsOf(settings.Recipe, "baseline "+t.name, nested...) // whatever the recipe says
	if !p.begun(t) {
		own.Set("allow_changed_data", "baseline "+t.name, false) // it is a new run, with data of its own
	}
	for key, value := range t.says() {
		own.Set(key, "baseline "+t.name, value)
	}
	return append(append([]*settings.Layer{p.run}, p.layers...), own)
}

// begun and done say how far a training has come.
func (p *Plan) begun(t training) bool { return isFile(p.dir(t), train.SettingsName) }
func (p *Plan) done(t training) bool  { return p.begun(t) && isFile(p.dir(t), finetune.SweepName) }

func isFile(parts ...string) bool {
	info, err := os.Stat(filepath.Join(parts...))
	return err == nil && info.Mode().IsRegular()
}

// check refuses baselines that are there with other settings, before anything is trained.
func (p *Plan) check() error {
	for _, t := range p.trainings {
		if !p.begun(t) || p.dir(t) == p.adapter.Run {
			continue
		}
		if _, err := finetune.Resolve(finetune.Place{Run: p.dir(t), Resume: true}, p.settingsOf(t)...); err != nil {
			return fault.Because(OtherSettings, fault.Errorf(fault.ClassOf(err), "%s: %w", p.dir(t), err))
		}
	}
	return nil
}

// missing are the trainings that are not done.
func (p *Plan) missing() []training {
	return slices.DeleteFunc(slices.Clone(p.trainings), p.done)
}

// cost says what is going to be trained, where it is kept, and how long it may take.
func (p *Plan) cost() (string, error) {
	missing := p.missing()
	what := fmt.Sprintf("baselines: %s to do, kept in %s", count(len(missing), "training"), filepath.Join(p.adapter.Run, Folder))
	spent, err := Spent(p.adapter.Run)
	switch {
	case err != nil:
		return "", err
	case spent.Seconds == 0:
		return what + "; the run does not tell how long its own training took", nil
	}
	// Most of a step is frozen products, which are the same at every rank.
	return fmt.Sprintf("%s; at %s each, as long as the adapter's own took, about %s", what, evaluate.Duration(spent.Seconds), evaluate.Duration(spent.Seconds*float64(len(missing)))), nil
}
