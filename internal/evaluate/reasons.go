package evaluate

import "github.com/dylora/dylora/internal/fault"

// Reasons why a bound is refused.
const (
	// LessIsBetter: a metric of which less is better is bounded from below.
	LessIsBetter fault.Reason = "evaluate: less is better"
	// MoreIsBetter: a metric of which more is better is bounded from above.
	MoreIsBetter fault.Reason = "evaluate: more is better"
)
