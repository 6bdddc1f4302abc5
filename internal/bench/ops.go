package bench

import (
	"slices"
	"strings"
	"time"
)

// Ops are the names of Steps.Ops, in the order in which they are shown.
func Ops() []string {
	return []string{"gemm", "attention", "gelu", "layernorm", "dropout", "adapter", "head", "embeddings", "optimizer", "gorgonia", "waiting", "other"}
}

// category is the name for a kind of operation: that of the kind itself, else of its part
// before the first dot. Operations that only move data are "other"; "gelu" is the feed-forward
// layers' function, whichever the encoder has.
func category(kind string) string {
	known := map[string]string{
		"linear": "gemm", "lowrank": "adapter", "attention": "attention", "firstattention": "attention", "gelu": "gelu", "activation": "gelu",
		"addlayernorm": "layernorm", "dropout": "dropout", "embeddings": "embeddings", "gorgonia": "gorgonia", "waiting": "waiting",
		"optimizer": "optimizer", "accumulate": "optimizer", "dense": "head",
	}
	if c, ok := known[kind]; ok {
		return c
	}
	first, _, _ := strings.Cut(kind, ".")
	if c, ok := known[first]; ok {
		return c
	}
	return "other"
}

// categories is mean seconds a step by category, of times of the steps together; what is
// left of total is "other".
func categories(spent, more map[string]time.Duration, total, steps float64) map[string]float64 {
	ops := map[string]float64{}
	for _, name := range Ops() {
		ops[name] = 0
	}
	seen := 0.0
	for _, times := range []map[string]time.Duration{spent, more} {
		for kind, d := range times {
			seen += d.Seconds()
			ops[category(kind)] += d.Seconds() / steps
		}
	}
	ops["other"] += max(0, total-seen) / steps
	return ops
}

// Median is the middle of v, or the mean of the two in the middle; 0 for none.
func Median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}
