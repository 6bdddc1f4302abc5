package demo

import (
	"math"
	"testing"
)

// regression is a logistic regression on which features a sentence has.
type regression struct {
	features func(Sentence) []string
	weight   map[string]float64
	bias     float64
}

// p is the probability of a positive sentence.
func (r *regression) p(s Sentence) float64 {
	z := r.bias
	for _, f := range r.features(s) {
		z += r.weight[f]
	}
	return 1 / (1 + math.Exp(-z))
}

// fit runs stochastic gradient descent with weight decay, in the set's order.
func (r *regression) fit(set []Sentence, epochs int) {
	r.weight = map[string]float64{}
	for epoch := range epochs {
		rate := 0.2 / float64(1+epoch)
		for _, s := range set {
			slope := r.p(s)
			if s.Positive {
				slope--
			}
			r.bias -= rate * slope
			for _, f := range r.features(s) {
				r.weight[f] -= rate * (slope + 1e-4*r.weight[f])
			}
		}
	}
}

func (r *regression) accuracy(set []Sentence) float64 {
	right := 0
	for _, s := range set {
		if r.p(s) > 0.5 == s.Positive {
			right++
		}
	}
	return float64(right) / float64(len(set))
}

func wordPairs(s Sentence) []string {
	list := words(s)
	features := list
	for i := range list[1:] {
		features = append(features, list[i]+" "+list[i+1])
	}
	return features
}

// TestBagOfWordsFailsOnDev shows what the task is not: a matter of counting words. The
// model learns the words of the training set and is left with a guess on those of dev.
func TestBagOfWordsFailsOnDev(t *testing.T) {
	train, dev := Train(), Dev()
	for name, features := range map[string]func(Sentence) []string{"words": words, "words and pairs of words": wordPairs} {
		r := &regression{features: features}
		r.fit(train, 10)
		onTrain, onDev := r.accuracy(train), r.accuracy(dev)
		t.Logf("%s: accuracy %.3f on train, %.3f on dev", name, onTrain, onDev)
		if onTrain < 0.6 {
			t.Errorf("%s: %.3f on train: the model has not learnt, so it shows nothing", name, onTrain)
		}
		if onDev > 0.56 {
			t.Errorf("%s: %.3f on dev: the shared words give the label away", name, onDev)
		}
	}
}
