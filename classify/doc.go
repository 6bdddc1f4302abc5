// Package classify labels texts with the adapters that dylora trains: a base model is loaded
// once, and any number of adapters of it answer at any of their ranks.
//
//	c, err := classify.Open(ctx, classify.Options{Adapters: map[string]string{"reviews": "runs/reviews"}})
//	if err != nil {
//		return err
//	}
//	defer c.Close()
//	results, err := c.Classify(ctx, classify.Texts("a fine film"))
//	if err != nil {
//		return err
//	}
//	fmt.Println(results[0].Label, results[0].Probability)
//
// Texts of concurrent calls, of different adapters and at different ranks, share executions of
// one graph: the gate of a sequence opens the rows of its own adapter, up to its rank. Each
// answer has the bits that the same text has when it is asked alone.
//
// The package has no global state, writes to no log and to no standard stream, and never ends the
// process. An adapter that changes the base model itself (PEFT's bias and modules_to_save), a
// merged model and the precision int8 work as well, but share no execution with other adapters.
package classify
