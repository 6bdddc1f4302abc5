package train

// The moving average of the weights (Polyak and Juditsky 1992, with the exponential weights of
// tf.train.ExponentialMovingAverage): after step t, counted from 1,
//
//	average ← d·average + (1-d)·value    d = min(β, (1+t)/(10+t))
//
// The average begins with the initial values, and d begins low, so that these are forgotten as fast in a short
// run as in a long one: their share falls as t⁻⁹. Evaluations, the best epoch and with it the adapter
// that is kept have the averages; training goes on from the values. All rows are averaged alike, in steps of whatever
// rank. The end of a full-rank phase may give the rows another meaning, so the average begins anew there, with t.

// beginAverage makes the average the values as they are.
func (l *Loop) beginAverage() {
	if l.config.Average > 0 {
		l.average = snapshot(l.average, l.learner.Params())
	}
}

// addAverage adds the values behind step t of the run.
func (l *Loop) addAverage(t int) {
	if t > l.phase.steps {
		t -= l.phase.steps
	}
	d := min(l.config.Average, float64(1+t)/float64(10+t))
	mc := l.learner.Machine()
	for i, v := range l.average {
		mc.Scale(v, float32(d))
		mc.AddScaled(v, l.learner.Params()[i].Value, float32(1-d))
	}
}

// averaged calls f while the learner's values are their averages, if there are any.
func (l *Loop) averaged(f func()) {
	exchange := func() {
		for i, v := range l.average {
			value := l.learner.Params()[i].Value
			for j := range v {
				v[j], value[j] = value[j], v[j]
			}
		}
	}
	exchange()
	defer exchange()
	f()
}
