package evaluate

// Measured is how many examples the values are of: where the rank was chosen on a part of them, the
// others. 0: not known.
func (s *Sweep) Measured() int {
	if s.Decision != nil && s.Decision.Reported > 0 {
		return s.Decision.Reported
	}
	return s.Examples
}
