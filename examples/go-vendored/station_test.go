package main

import "testing"

func TestNewestComesFirst(t *testing.T) {
	readings := &station{}
	readings.add("roof", 3)
	readings.add("cellar", 9)
	if place := readings.newest()[0].Place; place != "cellar" {
		t.Errorf("the newest is of %s", place)
	}
}
