package main

import (
	"math"

	"github.com/dylora/dylora/internal/evaluate"
	"github.com/dylora/dylora/internal/fault"
)

// atLeast is an error of class Check if a value is below the bound, or undefined; NaN is
// no bound.
func atLeast(bound float64, metric string, rank int, v evaluate.Value) error {
	if math.IsNaN(bound) {
		return nil
	}
	if f, ok := v.Float(); !ok || f < bound {
		return fault.Errorf(fault.Check, "%s at rank %d is %v, below %v", evaluate.Name(metric), rank, v, bound)
	}
	return nil
}
