module manifest

go 1.24
