package demo

// Subjects of the open air and of the working day.
var (
	weather = topic{
		nouns: split{"weather sky wind morning climate season", "air evening autumn afternoon breeze winter"},
		adjectives: polar{
			good: split{"sunny mild warm bright clear", "gentle calm fair peaceful"},
			bad:  split{"stormy foggy damp chilly windy", "bleak dismal cold wet dreary"},
		},
	}
	travel = topic{
		nouns: split{"trip journey train road hotel guide", "voyage ship inn railway tour coach"},
		adjectives: polar{
			good: split{"comfortable safe smooth quick", "convenient luxurious easy"},
			bad:  split{"dangerous slow crowded late dirty", "filthy costly difficult tedious"},
		},
	}
	sport = topic{
		nouns: split{"game match team player race", "contest champion captain club rider"},
		adjectives: polar{
			good: split{"skilful fast brave lively strong clever", "bold gallant vigorous victorious"},
			bad:  split{"lazy feeble cowardly sloppy", "weak awkward timid sluggish"},
		},
	}
	work = topic{
		nouns: split{"job office manager task meeting", "labour employer factory business contract"},
		adjectives: polar{
			good: split{"profitable rewarding steady honest sensible", "useful prosperous successful fruitful"},
			bad:  split{"exhausting thankless dishonest unfair dull dangerous", "oppressive ruinous fruitless"},
		},
	}
	tools = topic{
		nouns: split{"hammer saw knife engine lamp machine", "axe clock pump wheel plough instrument"},
		adjectives: polar{
			good: split{"reliable sharp sturdy handy strong modern", "durable solid efficient ingenious"},
			bad:  split{"broken rusty faulty blunt flimsy", "defective damaged cracked crooked"},
		},
	}
)
