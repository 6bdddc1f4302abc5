package evaluate

// Unit is what a metric is multiplied by where people read it: 100, or 1 for a squared error.
func Unit(metric string) float64 {
	if hundredths(metric) {
		return 100
	}
	return 1
}

// Larger says whether a larger value of a metric is a better one.
func Larger(metric string) bool { return metric != "mse" }

// Measured is how many examples the values are of: where the rank was chosen on a part of them, the
// others. 0: not known.
func (s *Sweep) Measured() int {
	if s.Decision != nil && s.Decision.Reported > 0 {
		return s.Decision.Reported
	}
	return s.Examples
}
