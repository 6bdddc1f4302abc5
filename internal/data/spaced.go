package data

// Spaced is n of the examples, evenly spaced from the first on; all of them where there are
// no more than n.
func Spaced(all []Example, n int) []Example {
	n = min(n, len(all))
	list := make([]Example, n)
	for i := range list {
		list[i] = all[i*len(all)/n]
	}
	return list
}
