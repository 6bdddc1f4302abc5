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
