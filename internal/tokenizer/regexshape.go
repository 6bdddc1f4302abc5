package tokenizer

import "regexp/syntax"

// What translate asks of the tree of a regular expression.

// shortest is the least length of a match, up to 1.
func shortest(r *syntax.Regexp) int {
	switch r.Op {
	case syntax.OpLiteral, syntax.OpCharClass, syntax.OpAnyCharNotNL, syntax.OpAnyChar:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return shortest(r.Sub[0])
	case syntax.OpRepeat:
		return min(r.Min, shortest(r.Sub[0]))
	case syntax.OpConcat:
		for _, sub := range r.Sub {
			if shortest(sub) > 0 {
				return 1
			}
		}
	case syntax.OpAlternate:
		for _, sub := range r.Sub {
			if shortest(sub) == 0 {
				return 0
			}
		}
		return 1
	}
	return 0
}

// repeatsNothing says whether something is repeated whose match may be empty: then engines
// differ in where they stop.
func repeatsNothing(r *syntax.Regexp) bool {
	for _, sub := range r.Sub {
		if repeatsNothing(sub) {
			return true
		}
	}
	switch r.Op {
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest, syntax.OpRepeat:
		return shortest(r.Sub[0]) == 0
	}
	return false
}

// repetitions says how deep those without end stand in each other. Oniguruma gives up on
// some texts where it is more than one, and the library with it.
func repetitions(r *syntax.Regexp) (depth int) {
	for _, sub := range r.Sub {
		depth = max(depth, repetitions(sub))
	}
	switch r.Op {
	case syntax.OpStar, syntax.OpPlus:
		depth++
	case syntax.OpRepeat:
		if r.Max < 0 {
			depth++
		}
	}
	return depth
}
