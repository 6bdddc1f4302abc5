package settings

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
)

// nestedKeys are the settings that have a meaning only where lower ranks are trained, too.
func nestedKeys() []string {
	return []string{"sampler", "block", "update", "ranks_per_step", "heads", "gate", "full_rank_phase", "resort", "row_lr", "distill"}
}

// LoRA is a layer over the settings r that makes their training one of LoRA (Hu et al. 2021, arXiv 2106.09685): every step
// trains all rows at rank R, which is what is evaluated and by which the best epoch is chosen. What a person says of eval_ranks,
// best and scaling stays; what is for nested training alone is refused. where names the layer's source in messages.
func LoRA(r *Resolved, where string) (*Layer, error) {
	l := DefaultsOf(Flag, where, nestedKeys()...)
	l.Set("r_min", where, r.Adapter.Rank)
	for _, f := range Defaults().Fields() {
		switch {
		case r.Explicit(f.Key) || !slices.Contains([]string{"eval_ranks", "best", "scaling"}, f.Key):
		case f.Key == "eval_ranks":
			l.Set(f.Key, where, strconv.Itoa(r.Adapter.Rank))
		case f.Key == "best":
			l.Set(f.Key, where, "R")
		default:
			l.Set(f.Key, where, Plain(f.Value))
		}
	}
	var faults []error
	for _, f := range r.Fields() {
		v, says := l.Value(f.Key)
		if says && r.Explicit(f.Key) && !reflect.DeepEqual(v, f.Value.Interface()) {
			faults = append(faults, fmt.Errorf("%s: %v is for nested ranks (%s), and LoRA trains rank %d alone: leave it out", f.Key, f.Value.Interface(), r.Place(f.Key), r.Adapter.Rank))
		}
	}
	return l, usage(faults)
}
