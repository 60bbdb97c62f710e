// Package loop closes the loop between services and learning: what an offloading policy completes in time is what classifiers learn
// from.
//
// Every edge server (ES) has a station with images and IEDs. A station lacks one class altogether, of which others hold a few images,
// and no image leaves its station. The ESs learn one diffusion model together (package federated). The tasks of a station's IEDs are
// requests for samples of the class that it lacks. They arrive at the base of the IED that asked, one IED or a few, if the task ends
// by its deadline. A base trains its classifier, on the images of its station and what has arrived, whenever its stock reaches the
// next of some levels.
//
// Policies differ in when samples arrive, and sources in what arrives: nothing, samples of a model that was trained on the station's
// own images, or of the model of all. The bound is a station that has the images of all. The ideal edge completes every request at once.
//
// # What follows from what
//
// Samples are numbered in the order in which they arrive at a base, and a sample depends on seed, station and number alone. So the
// classifier of a station at a level of stock is the same for all bases and policies, and is trained once. What differs between
// policies is the time at which a level is reached. All policies play the same topologies, tasks and fading, so differences are paired.
//
// # Stages
//
// Run makes one file for each stage: models, trained policies, plays, classifiers, and then the report. A file is written as a whole,
// so a process that was killed goes on with the stage that has no file, and a model in training from its checkpoint. All numbers follow
// from configuration and seed, on any number of threads.
package loop
