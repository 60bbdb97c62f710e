// Package deploy writes files to start from where runs go to many machines: batch files for Slurm, a Job for Kubernetes, and
// the Containerfile of an image.
//
// It starts nothing. A scheduler needs the exit codes of gmel and a command that can be given again, and the templates in this folder
// connect the two: a run that was stopped with a checkpoint is started again, one with a wrong setting is not.
package deploy
