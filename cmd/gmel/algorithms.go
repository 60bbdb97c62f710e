package main

import (
	_ "github.com/gmel-go/gmel/marl/amarl"   // registers itself
	_ "github.com/gmel-go/gmel/marl/d3qn"    // registers itself
	_ "github.com/gmel-go/gmel/marl/ippo"    // registers itself
	_ "github.com/gmel-go/gmel/marl/isac"    // registers itself
	_ "github.com/gmel-go/gmel/marl/maa2c"   // registers itself
	_ "github.com/gmel-go/gmel/marl/maddpg"  // registers itself
	_ "github.com/gmel-go/gmel/marl/mappo"   // registers itself
	_ "github.com/gmel-go/gmel/marl/ppo"     // registers itself
	_ "github.com/gmel-go/gmel/marl/qmix"    // registers itself
	_ "github.com/gmel-go/gmel/marl/selfish" // registers itself
	_ "github.com/gmel-go/gmel/marl/vdn"     // registers itself
)
