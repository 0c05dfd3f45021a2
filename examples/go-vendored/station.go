package main

import (
	"sync"
	"time"
)

const kept = 50

type reading struct {
	Place   string    `json:"place"`
	Celsius float64   `json:"celsius"`
	At      time.Time `json:"at"`
}

// station holds the last readings in memory.
type station struct {
	lock     sync.Mutex
	readings []reading
}

func (s *station) add(place string, celsius float64) reading {
	s.lock.Lock()
	defer s.lock.Unlock()
	added := reading{Place: place, Celsius: celsius, At: time.Now().UTC()}
	s.readings = append([]reading{added}, s.readings...)
	if len(s.readings) > kept {
		s.readings = s.readings[:kept]
	}
	return added
}

func (s *station) newest() []reading {
	s.lock.Lock()
	defer s.lock.Unlock()
	return append([]reading{}, s.readings...)
}
