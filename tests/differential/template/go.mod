module template

go 1.23
