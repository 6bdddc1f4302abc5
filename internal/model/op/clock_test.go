package op

import (
	"testing"
	"time"
)

// What is counted is the time that passed, each part of it once: parts within an
// operation, and operations within a run.
func TestClockCountsOnce(t *testing.T) {
	c := &Clock{}
	begin := time.Now()
	run := c.Start()
	for range 3 {
		o := c.Start()
		time.Sleep(2 * time.Millisecond)
		part := c.Start()
		time.Sleep(4 * time.Millisecond)
		c.Stop("part", part)
		c.Stop("operation", o)
	}
	c.Stop("run", run)
	passed := time.Since(begin)
	spent, sum := c.Spent(), time.Duration(0)
	for _, d := range spent {
		sum += d
	}
	if sum > passed || sum < passed*9/10 {
		t.Errorf("%v passed, %v is counted: %v", passed, sum, spent)
	}
	if spent["part"] < 12*time.Millisecond || spent["operation"] < 6*time.Millisecond || spent["operation"] > passed-spent["part"] || spent["run"] > passed/2 {
		t.Errorf("of %v: %v", passed, spent)
	}
	c.Reset()
	if len(c.Spent()) != 0 {
		t.Errorf("after Reset: %v", c.Spent())
	}
}

// A nil clock measures nothing and does not fail.
func TestNoClock(t *testing.T) {
	var c *Clock
	c.Stop("operation", c.Start())
}
